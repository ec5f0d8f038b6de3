"""What reconcilers and operators know and do about claims that are not done, or not cleaned up after."""

from __future__ import annotations

import enum
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.claims import Cause, Claim, ClaimState, Cleanup
from domain.model import AccountId, Json, KeyId, QuoteId, Revision

MOST_ATTEMPTS = 8
"""So many attempts to build a quote that fail, and a person is asked."""
TURN = timedelta(minutes=1)
"""How long a reconciler has a claim to itself: longer than it needs, so that one which ended is soon replaced."""

_LONGEST_PAUSE = timedelta(hours=1)
_PASSES = (timedelta(minutes=1), timedelta(hours=1))
_TTL_MARGIN = timedelta(hours=1)

OPEN_STATES = (ClaimState.FETCH_PENDING, ClaimState.RETRY, ClaimState.DEAD)
"""The states of a claim whose quote is not there, or not the newest."""


@dataclass(frozen=True, slots=True)
class RepairSchedule:
    """
    When a claim is looked at. `delay` is how long a claim has to tidy up after itself, and the first pause between
    two attempts to build its quote; `ttl` is that of temporary quotes. `retention` is how long a draft that could not
    be made a quote is kept for a person to mend, from the first pass over its claim.
    """

    delay: timedelta
    ttl: timedelta
    retention: timedelta = timedelta(days=90)

    @property
    def longest_wait(self) -> timedelta:
        """No claim is ever due later than that from now, but for an hour's error of a clock."""
        return self.ttl + _TTL_MARGIN + timedelta(hours=1)

    def first_look(self, now: datetime) -> datetime:
        """At a claim that was committed now."""
        return now + self.delay

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
        back, and a save can lengthen its life again: hence one pass after everything that was there has ended.
        """
        passes = (finished_at + after for after in (*_PASSES, self.ttl + _TTL_MARGIN))
        return next((moment for moment in passes if moment > now), None)


class ActKind(enum.StrEnum):
    """What a person does to a claim."""

    RETRY = "retry"
    DISCARD = "discard"
    REVEAL = "reveal"
    """Personal data was shown."""


@dataclass(frozen=True, slots=True)
class Act:
    """
    Who did what to a claim, when and why. `before` and `after` are snapshots, equal where nothing was changed.
    `account_id` is whose claim it was, until that one is forgotten.
    """

    quote_id: QuoteId
    kind: ActKind
    actor: str
    reason: str | None
    at: datetime
    before: Mapping[str, Json]
    after: Mapping[str, Json]
    account_id: AccountId | None = None

    def forgotten(self) -> Act:
        """The same act without what may speak of the customer: the reason was typed, and short texts can be guessed."""
        unread = {"payload_sha256": None}
        return replace(
            self, reason=None, account_id=None, before={**self.before, **unread}, after={**self.after, **unread}
        )


def snapshot(claim: Claim) -> dict[str, Json]:
    """What an act changes of a claim, without personal data: the payload by its length and SHA-256 alone."""
    payload = claim.payload
    return {
        "state": claim.state.value,
        "cause": None if claim.cause is None else claim.cause.value,
        "attempts": claim.attempts,
        "revision": claim.source_revision,
        "payload_bytes": None if payload is None else len(payload),
        "payload_sha256": None if payload is None else hashlib.sha256(payload).hexdigest(),
    }


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which claims an operator asks for; nothing that is empty or None narrows it. Times are the claim's own."""

    states: tuple[ClaimState, ...] = ()
    causes: tuple[Cause, ...] = ()
    claimed_before: datetime | None = None
    claimed_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many claims are in that state for that cause, and since when the oldest of them exists."""

    state: ClaimState
    cause: Cause | None
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class QuoteHead:
    """A claimed quote without its details."""

    quote_id: QuoteId
    account_id: AccountId
    source_revision: Revision


@dataclass(frozen=True, slots=True)
class ClaimHead:
    """A claim without its payload, beside the quote of that id, as a checker needs them."""

    quote_id: QuoteId
    key_id: KeyId
    account_id: AccountId | None
    state: ClaimState
    source_revision: Revision
    cleanup: Cleanup
    next_at: datetime | None
    has_payload: bool
    quote: QuoteHead | None


class KeyKind(enum.StrEnum):
    """What a key of the store holds."""

    DRAFT = "draft"
    TOMBSTONE = "tombstone"
    UNREADABLE = "unreadable"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key of the store. `ends` is False where it has no TTL, and would stay for ever."""

    name: str
    kind: KeyKind
    ends: bool
