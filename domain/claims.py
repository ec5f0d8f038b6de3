"""What the database keeps of a quote that was claimed."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime

from domain.model import Account, AccountId, Details, KeyId, QuoteId, Revision


class ClaimState(enum.StrEnum):
    """How far a committed claim is. The row is also the outbox and the dead letter."""

    DONE = "done"
    """The quote's row exists."""
    FETCH_PENDING = "fetch_pending"
    """The store was out of reach: the draft is still to be fetched."""
    RETRY = "retry"
    """The draft is in `payload`, but no quote could be built from it yet."""
    DEAD = "dead"
    """A person must mend it."""
    DISCARDED = "discarded"
    """The owner deleted the quote or the account."""


class Cleanup(enum.StrEnum):
    """How sure it is that the store no longer holds the claimed draft."""

    PENDING = "pending"
    FINISHED = "finished"
    VERIFIED = "verified"


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
}


@dataclass(frozen=True, slots=True)
class Claim:
    """The record that a quote was claimed, and of what is still to be done about it."""

    quote_id: QuoteId
    key_id: KeyId
    account_id: AccountId | None
    state: ClaimState
    source_revision: Revision
    created_at: datetime
    payload: bytes | None = None
    cleanup: Cleanup = Cleanup.PENDING
    attempts: int = 0
    next_at: datetime | None = None
    last_error: str | None = None

    @property
    def status(self) -> QuoteStatus | None:
        """What the owner is told; None once the owner has discarded it."""
        return _STATUS[self.state]

    def for_repair(self, raw: bytes, reason: str) -> Claim:
        """The same claim without a quote: the raw draft is kept until one can be built."""
        return replace(self, state=ClaimState.RETRY, payload=raw, last_error=reason)


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
class ClaimOwner:
    """A committed claim with the account that it belongs to; None once the account was erased."""

    claim: Claim
    account: Account | None
