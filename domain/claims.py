"""What the database keeps of a quote that was claimed."""

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
    """How far a committed claim is. The row is also the outbox and the dead letter."""

    DONE = "done"
    """The quote's row exists."""
    FETCH_PENDING = "fetch_pending"
    """The store was out of reach: the draft is still to be fetched."""
    RETRY = "retry"
    """The draft is in `payload`, but no quote could be built from it yet."""
    DEAD = "dead"
    """An operator must repair it."""
    DISCARDED = "discarded"
    """The owner deleted the quote or the account, or an operator gave the claim up."""
    UNKNOWN = "unknown"
    """A word that this version does not know: a newer one wrote it, and alone may go on with it."""


OPEN_STATES = (ClaimState.FETCH_PENDING, ClaimState.RETRY, ClaimState.DEAD)
"""The states of a claim whose quote is not there, or not the newest."""
UNFINISHED_STATES = (*OPEN_STATES, ClaimState.UNKNOWN)
"""All states but those of claims that are over: done and discarded. A state of a newer version may need a look."""


class Cleanup(enum.StrEnum):
    """How sure it is that the store no longer holds the claimed draft."""

    PENDING = "pending"
    FINISHED = "finished"
    VERIFIED = "verified"


class Cause(enum.StrEnum):
    """Why a claim is not done. Stable: operators filter by it."""

    DRAFT_UNREADABLE = "draft-unreadable"
    """The stored bytes cannot be decoded; they are in `payload`."""
    QUOTE_REFUSED = "quote-refused"
    """The database does not take the quote's row; the draft is in `payload`."""
    EXPIRED = "expired"
    """The draft's time ended before it could be fetched."""
    DRAFT_LOST = "draft-lost"
    """A tombstone stands where the draft was to be fetched: the database lost a commit."""
    PURGED = "purged"
    """Nobody repaired it in time: what was kept of its draft was deleted."""
    KEY_RETIRED = "key-retired"
    """The server key that leads to the draft is not in the keyring any more."""
    UNEXPECTED = "unexpected"
    """An error that the service does not know: its log has the traceback."""
    UNKNOWN = "unknown"
    """A word that this version does not know."""


class QuoteStatus(enum.StrEnum):
    """A claimed quote's status, as its owner sees it."""

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
    """A place in a list of claims that has the newest first; where the claim itself is gone, its place is not."""

    claimed_at: datetime
    quote_id: QuoteId


@dataclass(frozen=True, slots=True)
class RequestMark:
    """
    By what a repeated request is recognised: the hash of its Idempotency-Key, and of what it asked for but for the
    password. Two hexadecimal SHA-256.
    """

    key_hash: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Claim:
    """
    The record that a quote was claimed, and of what is still to be done about it.

    `payload` is the raw draft, only while no quote can be built from it. `attempts` counts the failed ones in a row.
    `next_at` is when a reconciler looks at it again; None once nothing is left to be done. `finished_at` is when its
    cleanup passes began. `request` is what made it, if that had a key. `version` counts the changes: a change names the
    version that was read.
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
        """Its place among the claims of its account."""
        return ClaimPosition(self.created_at, self.quote_id)

    @property
    def ref(self) -> QuoteRef:
        """The quote, as the store knows it."""
        return QuoteRef(self.quote_id, self.key_id)

    @property
    def deletable_revision(self) -> Revision:
        """
        Up to here the store need not keep the draft. A claim that died before it had anything may not have even what
        cannot be read deleted: there is no other copy.
        """
        has_nothing = self.state is ClaimState.DEAD and self.payload is None
        return FIRST_REVISION if has_nothing else self.source_revision

    @property
    def undecodable_payload(self) -> bytes | None:
        """The bytes that it took from the store without being able to read them: these need not stay there."""
        return self.payload if self.source_revision == NO_REVISION else None

    @property
    def status(self) -> QuoteStatus | None:
        """What the owner is told; None once the owner has discarded it."""
        return _STATUS[self.state]

    def for_repair(self, raw: bytes, cause: Cause, error: str) -> Claim:
        """The same claim without a quote: the raw draft is kept until one can be built."""
        return replace(self, state=ClaimState.RETRY, payload=raw, cause=cause, last_error=error)

    def dead(self, cause: Cause, error: str) -> Claim:
        """Return the claim, left to an operator."""
        return replace(self, state=ClaimState.DEAD, cause=cause, last_error=error)

    def purged(self) -> Claim:
        """The same dead claim without what was kept of its draft, and without the words that may repeat parts of it."""
        return replace(self, payload=None, cause=Cause.PURGED, last_error=None)

    def done(self) -> Claim:
        """The same claim with its quote built."""
        return replace(self, state=ClaimState.DONE, payload=None, attempts=0, cause=None, last_error=None)

    def discarded(self, now: datetime) -> Claim:
        """Return the claim without its owner and the owner's data; it wants nothing more from the store."""
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
    """A quote in its owner's account."""

    quote_id: QuoteId
    account_id: AccountId
    product: str | None
    details: Details
    source_revision: Revision
    created_at: datetime
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What one claim commits: the account (None where it exists already), the claim, and the quote if it is known."""

    account: Account | None
    claim: Claim
    quote: ClaimedQuote | None


@dataclass(frozen=True, slots=True)
class ClaimWithAccount:
    """A committed claim with the account that it belongs to; None once the account was erased."""

    claim: Claim
    account: Account | None


@dataclass(frozen=True, slots=True)
class ClaimWithQuote:
    """A claim with its quote; None where it is not built (yet)."""

    claim: Claim
    quote: ClaimedQuote | None
