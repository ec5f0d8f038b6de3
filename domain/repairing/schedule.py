"""When reconcilers look at a claim, and how often they try."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.claims import Claim
from domain.model import Lifetime

MOST_ATTEMPTS = 8
"""After so many failed attempts to build a quote, an operator must repair the claim."""
CLAIM_LEASE = timedelta(minutes=1)
"""How long a reconciler has a claim to itself: longer than it needs, so that one which ended is soon replaced."""
_LONGEST_PAUSE = timedelta(hours=1)
_PASSES = (timedelta(minutes=1), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class RepairSchedule:
    """
    The times at which a reconciler looks at a claim.

    `delay` is the time for which a claim cleans up after itself, and the first pause between two attempts to build its
    quote. `lifetime` is that of temporary quotes. `retention` is how long a draft that could not be made a quote is
    kept for an operator to repair, counted from the first pass over its claim.
    """

    delay: timedelta
    lifetime: Lifetime
    retention: timedelta = timedelta(days=90)

    @property
    def longest_wait(self) -> timedelta:
        """No claim is ever due later than that from now, but for an hour's error of a clock."""
        return self.lifetime.last_pass + timedelta(hours=1)

    def put_off(self, claim: Claim, now: datetime) -> datetime:
        """
        After a failed attempt: `delay`, twice that, and so on, up to an hour, of which a half is jitter ("equal
        jitter", M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015). The jitter comes from the
        claim itself, so that claims that failed together do not come back together, and a test can foresee it.
        """
        pause = min(self.delay * 2 ** min(claim.attempts, 20), _LONGEST_PAUSE)
        share = zlib.crc32(f"{claim.quote_id}{claim.attempts}".encode()) / 2**32
        jittered: timedelta = pause * (0.5 + share / 2)
        return now + jittered

    def next_pass(self, finished_at: datetime, now: datetime) -> datetime | None:
        """
        The cleanup pass after the one that was made now; None after the last. A failover can bring a deleted draft
        back, and a save can restart its TTL: hence one pass after everything that was there has ended.
        """
        passes = (finished_at + after for after in (*_PASSES, self.lifetime.last_pass))
        return next((time for time in passes if time > now), None)
