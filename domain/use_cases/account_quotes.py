"""What an owner is shown of the quotes in the account, those that are still pending or have failed included."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from domain.claims import Cause, Claim, ClaimedQuote, QuoteStatus
from domain.errors import QuoteNotFound
from domain.model import AccountId, Details, QuoteId, started_at
from domain.ports import Claims


class FailureReason(enum.StrEnum):
    """Why a quote is not there, as far as its owner is concerned."""

    EXPIRED = "expired"
    """Its time ended before it could be moved: start a new one."""
    NEEDS_REPAIR = "needs-repair"
    """It is kept, but a person has to mend it first."""


@dataclass(frozen=True, slots=True)
class AccountQuote:
    """As its owner sees it. `details` and `claimed_at` are None until it is claimed, `reason` unless it failed."""

    quote_id: QuoteId
    status: QuoteStatus
    product: str | None
    details: Details | None
    created_at: datetime
    claimed_at: datetime | None
    reason: FailureReason | None

    @classmethod
    def of(cls, claim: Claim, quote: ClaimedQuote | None) -> AccountQuote:
        """An older version of the quote is better than none, while a newer one is being mended."""
        if quote:
            product, details, claimed_at = quote.product, quote.details, quote.claimed_at
            return cls(claim.quote_id, QuoteStatus.CLAIMED, product, details, quote.created_at, claimed_at, None)
        status = claim.status or QuoteStatus.FAILED
        return cls(claim.quote_id, status, None, None, started_at(claim.quote_id), None, _reason(claim, status))


@dataclass(frozen=True, slots=True)
class GetAccountQuote:
    """One quote of an account."""

    claims: Claims

    def __call__(self, account_id: AccountId, quote_id: str) -> AccountQuote:
        """Raises: QuoteNotFound (unknown, somebody else's, or deleted: the three are not told apart)"""
        owner = self.claims.owner(QuoteId(quote_id))
        if owner is None or owner.claim.account_id != account_id:
            raise QuoteNotFound
        return AccountQuote.of(owner.claim, self.claims.quote(owner.claim.quote_id))


@dataclass(frozen=True, slots=True)
class ListAccountQuotes:
    """The quotes of an account, the newest claim first."""

    claims: Claims

    def __call__(self, account_id: AccountId, after: QuoteId | None = None, limit: int = 20) -> list[AccountQuote]:
        """At most so many, those that follow `after`: the id of the last one that was seen."""
        return [AccountQuote.of(found.claim, found.quote) for found in self.claims.of_account(account_id, after, limit)]


def _reason(claim: Claim, status: QuoteStatus) -> FailureReason | None:
    if status is not QuoteStatus.FAILED:
        return None
    return FailureReason.EXPIRED if claim.cause is Cause.EXPIRED else FailureReason.NEEDS_REPAIR
