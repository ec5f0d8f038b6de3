"""Claims and claimed quotes, as the database keeps them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime

from domain.model import (
    FIRST_REVISION,
    LAST_REVISION,
    NO_REVISION,
    Account,
    AccountId,
    Details,
    KeyId,
    QuoteId,
    QuoteRef,
    Revision,
)


class ClaimState(enum.StrEnum):
    """The progress of a committed claim. Its row is also the outbox entry and the dead letter."""

    DONE = "done"
    """The quote's row exists."""
    FETCH_PENDING = "fetch_pending"
    """The store was unreachable at the claim: the draft is still to be fetched."""
    RETRY = "retry"
    """The draft is in `payload`, but no quote could be built from it yet."""
    DEAD = "dead"
    """An operator must repair the claim."""
    DISCARDED = "discarded"
    """The owner deleted the quote or the account, or an operator discarded the claim."""
    UNKNOWN = "unknown"
    """This version does not know the state in the row. Only the newer version that wrote it may change the claim."""


OPEN_STATES = (ClaimState.FETCH_PENDING, ClaimState.RETRY, ClaimState.DEAD)
"""The states of a claim without a quote, or with a quote that is not the newest."""
UNFINISHED_STATES = (*OPEN_STATES, ClaimState.UNKNOWN)
"""All states but done and discarded. A state of a newer version may need a look."""


class Cleanup(enum.StrEnum):
    """The progress of the clean-up passes, which make sure that the store no longer holds the claimed draft."""

    PENDING = "pending"
    FINISHED = "finished"
    VERIFIED = "verified"


class Cause(enum.StrEnum):
    """The reason why a claim is not done. The words are stable: operators filter by them."""

    DRAFT_UNREADABLE = "draft-unreadable"
    """The stored bytes cannot be decoded; they are in `payload`."""
    QUOTE_REFUSED = "quote-refused"
    """The database does not take the quote's row; the draft is in `payload`."""
    EXPIRED = "expired"
    """The draft expired before it could be fetched."""
    DRAFT_LOST = "draft-lost"
    """A tombstone is in the place of the draft to be fetched: the database lost a commit."""
    PURGED = "purged"
    """Nobody repaired the claim in time: its payload was deleted."""
    KEY_RETIRED = "key-retired"
    """The server key of the draft is no longer in the keyring."""
    UNEXPECTED = "unexpected"
    """An unexpected error: the service's log has the traceback."""
    UNKNOWN = "unknown"
    """This version does not know the cause in the row."""


class QuoteStatus(enum.StrEnum):
    """The status of a claimed quote, as its owner sees it."""

    CLAIMED = "claimed"
    PENDING = "pending"
    FAILED = "failed"


_STATUS = {
    ClaimState.DONE: QuoteStatus.CLAIMED,
    ClaimState.FETCH_PENDING: QuoteStatus.PENDING,
    ClaimState.RETRY: QuoteStatus.PENDING,
    ClaimState.DEAD: QuoteStatus.FAILED,
    ClaimState.DISCARDED: None,
    ClaimState.UNKNOWN: QuoteStatus.PENDING,
}


@dataclass(frozen=True, slots=True)
class ClaimPosition:
    """A place in a list of claims, the newest first. It stays valid if the claim at this place is gone."""

    claimed_at: datetime
    quote_id: QuoteId


@dataclass(frozen=True, slots=True)
class RequestMark:
    """
    The mark that identifies a repeated request: the SHA-256, in hexadecimal, of its Idempotency-Key, and of its body
    without the password.
    """

    key_hash: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Claim:
    """
    The record that a quote was claimed, and of the work that is left to do.

    `payload` is the raw draft, only while no quote can be built from it. `attempts` counts failed attempts in a row.
    `next_at` is the time at which a reconciler looks at the claim again; None if nothing is left to do. `finished_at`
    is the time of the first clean-up pass. `request` is the mark of the request that made the claim, if that request
    had a key. `version` counts the changes: a change names the version that it read.
    """

    quote_id: QuoteId
    key_id: KeyId
    account_id: AccountId | None
    state: ClaimState
    source_revision: Revision
    created_at: datetime
    payload: bytes | None = None
    cleanup: Cleanup = Cleanup.PENDING
    finished_at: datetime | None = None
    attempts: int = 0
    next_at: datetime | None = None
    cause: Cause | None = None
    last_error: str | None = None
    request: RequestMark | None = None
    version: int = 0

    @property
    def position(self) -> ClaimPosition:
        """Return its place among the claims of its account."""
        return ClaimPosition(self.created_at, self.quote_id)

    @property
    def ref(self) -> QuoteRef:
        """Return the reference by which the store knows the quote."""
        return QuoteRef(self.quote_id, self.key_id)

    @property
    def deletable_revision(self) -> Revision:
        """
        Return the revision up to which the store may delete the draft. For a dead claim without a payload it is
        FIRST_REVISION, so that nothing is deleted: the store may hold the only copy.
        """
        has_nothing = self.state is ClaimState.DEAD and self.payload is None
        return FIRST_REVISION if has_nothing else self.source_revision

    @property
    def undecodable_payload(self) -> bytes | None:
        """
        Return the bytes that the claim holds but that cannot be decoded, or None. The store may delete these bytes.
        """
        return self.payload if self.source_revision == NO_REVISION else None

    @property
    def status(self) -> QuoteStatus | None:
        """Return the status that the owner sees; None for a discarded claim."""
        return _STATUS[self.state]

    def for_repair(self, raw: bytes, cause: Cause, error: str) -> Claim:
        """Return the claim without a quote: it keeps the raw draft until a quote can be built."""
        return replace(self, state=ClaimState.RETRY, payload=raw, cause=cause, last_error=error)

    def dead(self, cause: Cause, error: str) -> Claim:
        """Return the claim as a dead letter, for an operator to repair."""
        return replace(self, state=ClaimState.DEAD, cause=cause, last_error=error)

    def purged(self) -> Claim:
        """Return the dead claim without its payload, and without `last_error`, which may repeat parts of it."""
        return replace(self, payload=None, cause=Cause.PURGED, last_error=None)

    def done(self) -> Claim:
        """Return the claim with its quote built."""
        return replace(self, state=ClaimState.DONE, payload=None, attempts=0, cause=None, last_error=None)

    def discarded(self, now: datetime) -> Claim:
        """Return the claim without its owner and the owner's data. No draft is merged into it any more."""
        return replace(
            self.done(),
            state=ClaimState.DISCARDED,
            account_id=None,
            request=None,
            source_revision=LAST_REVISION,
            cleanup=Cleanup.PENDING,
            finished_at=None,
            next_at=now,
        )


@dataclass(frozen=True, slots=True)
class ClaimedQuote:
    """A quote in the account of its owner."""

    quote_id: QuoteId
    account_id: AccountId
    product: str | None
    details: Details
    source_revision: Revision
    created_at: datetime
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class NewClaim:
    """The rows of one claim: the account (None if it exists already), the claim, and the quote if it could be built."""

    account: Account | None
    claim: Claim
    quote: ClaimedQuote | None


@dataclass(frozen=True, slots=True)
class ClaimWithAccount:
    """A committed claim with its account. `account` is None if the account was erased or the claim discarded."""

    claim: Claim
    account: Account | None


@dataclass(frozen=True, slots=True)
class ClaimWithQuote:
    """A claim with its quote. `quote` is None if it is not built (yet)."""

    claim: Claim
    quote: ClaimedQuote | None
