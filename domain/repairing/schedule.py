"""The schedule of repairs: the times of attempts and clean-up passes, and the number of attempts."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.claims import Claim
from domain.model import Lifetime

MOST_ATTEMPTS = 8
"""After this number of failed attempts in a row, an operator must repair the claim."""
CLAIM_LEASE = timedelta(minutes=1)
"""The time for which one reconciler has a claim for itself. If that reconciler ends, another one soon takes over."""
_LONGEST_PAUSE = timedelta(hours=1)
_PASSES = (timedelta(minutes=1), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class RepairSchedule:
    """
    The times at which a reconciler looks at a claim.

    `delay` is the time after the commit before a reconciler first looks at a claim, and the first pause between two
    attempts. `lifetime` is the lifetime of temporary quotes. `retention` is the time for which the payload of a dead
    claim is kept for an operator, counted from the claim's first clean-up pass.
    """

    delay: timedelta
    lifetime: Lifetime
    retention: timedelta = timedelta(days=90)

    @property
    def longest_wait(self) -> timedelta:
        """Return the longest time until a claim is due. It allows for clocks that differ by an hour."""
        return self.lifetime.last_pass + timedelta(hours=1)

    def put_off(self, claim: Claim, now: datetime) -> datetime:
        """
        Return the time of the next attempt after a failed one. The back-off is `delay`, then twice that, and so on, up
        to an hour; up to a half of it is jitter ("equal jitter", M. Brooker, Exponential Backoff and Jitter, AWS
        Architecture Blog, 2015). The jitter is computed from quote id and attempts: claims that failed together are
        spread, and a test can predict it.
        """
        pause = min(self.delay * 2 ** min(claim.attempts, 20), _LONGEST_PAUSE)
        share = zlib.crc32(f"{claim.quote_id}{claim.attempts}".encode()) / 2**32
        jittered: timedelta = pause * (0.5 + share / 2)
        return now + jittered

    def next_pass(self, finished_at: datetime, now: datetime) -> datetime | None:
        """
        Return the time of the next clean-up pass after the one made now, or None after the last. A failover can bring a
        deleted draft back, and a save can restart its TTL. So the last pass comes after every such draft has ended.
        """
        passes = (finished_at + after for after in (*_PASSES, self.lifetime.last_pass))
        return next((time for time in passes if time > now), None)
