"""A quote in an account, as its owner sees it: claimed, pending or failed."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from domain.claims import Cause, Claim, ClaimWithQuote, QuoteStatus
from domain.errors import QuoteNotFound
from domain.model import Details, QuoteId, is_quote_id, started_at


class FailureCause(enum.StrEnum):
    """The reason why a quote failed, as its owner sees it."""

    EXPIRED = "expired"
    """The quote expired before it could be moved or repaired: the owner has to start a new one."""
    NEEDS_REPAIR = "needs-repair"
    """The draft is kept, but an operator has to repair it first."""


@dataclass(frozen=True, slots=True)
class AccountQuote:
    """
    A quote, as its owner sees it. `details` and `claimed_at` are None until it is claimed, `cause` unless it failed.
    """

    quote_id: QuoteId
    status: QuoteStatus
    product: str | None
    details: Details | None
    created_at: datetime
    claimed_at: datetime | None
    cause: FailureCause | None

    @classmethod
    def of(cls, owned: ClaimWithQuote) -> AccountQuote:
        """Return the owner's view. While a newer draft is being repaired, it shows the older quote."""
        claim, quote = owned.claim, owned.quote
        if quote:
            product, details, claimed_at = quote.product, quote.details, quote.claimed_at
            return cls(claim.quote_id, QuoteStatus.CLAIMED, product, details, quote.created_at, claimed_at, None)
        status = claim.status or QuoteStatus.FAILED
        return cls(claim.quote_id, status, None, None, started_at(claim.quote_id), None, _cause(claim, status))


def quote_id_of(text: str) -> QuoteId:
    """
    Return the text as a quote id.

    Raises: QuoteNotFound (the text does not have the form of a quote id)
    """
    if not is_quote_id(text):
        raise QuoteNotFound
    return QuoteId(text)


def _cause(claim: Claim, status: QuoteStatus) -> FailureCause | None:
    if status is not QuoteStatus.FAILED:
        return None
    is_gone = claim.cause in (Cause.EXPIRED, Cause.PURGED)
    return FailureCause.EXPIRED if is_gone else FailureCause.NEEDS_REPAIR
