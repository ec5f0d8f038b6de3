"""What an owner is shown of the quotes in the account, those that are still pending or have failed included."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from domain.claims import Cause, Claim, ClaimPosition, OwnedClaim, QuoteStatus
from domain.errors import QuoteNotFound
from domain.model import AccessToken, Details, QuoteId, is_quote_id, started_at
from domain.ports import Claims, Clock
from domain.use_cases.authenticate import Authenticate


class FailureReason(enum.StrEnum):
    """Why a quote is not there, as far as its owner is concerned."""

    EXPIRED = "expired"
    """Its time ended before it could be moved, or repaired: start a new one."""
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
    def of(cls, owned: OwnedClaim) -> AccountQuote:
        """An older version of the quote is better than none, while a newer one is being mended."""
        claim, quote = owned.claim, owned.quote
        if quote:
            product, details, claimed_at = quote.product, quote.details, quote.claimed_at
            return cls(claim.quote_id, QuoteStatus.CLAIMED, product, details, quote.created_at, claimed_at, None)
        status = claim.status or QuoteStatus.FAILED
        return cls(claim.quote_id, status, None, None, started_at(claim.quote_id), None, _reason(claim, status))


@dataclass(frozen=True, slots=True)
class AccountQuotes:
    """A page of quotes. `next` is where the page after it begins; None where this is the last one."""

    items: list[AccountQuote]
    next: ClaimPosition | None


@dataclass(frozen=True, slots=True)
class GetAccountQuote:
    """One quote of an account."""

    authenticate: Authenticate
    claims: Claims

    def __call__(self, token: AccessToken, quote_id: str) -> AccountQuote:
        """
        Raises: AccessTokenInvalid, QuoteNotFound (unknown, somebody else's, or deleted: the three are not told apart),
            StoreUnavailable, DatabaseUnavailable
        """
        account = self.authenticate(token)
        owned = self.claims.find(_quote_id(quote_id))
        if owned is None or owned.claim.account_id != account.account_id:
            raise QuoteNotFound
        return AccountQuote.of(owned)


@dataclass(frozen=True, slots=True)
class ListAccountQuotes:
    """The quotes of an account, the newest claim first."""

    authenticate: Authenticate
    claims: Claims

    def __call__(self, token: AccessToken, after: ClaimPosition | None, limit: int) -> AccountQuotes:
        """
        At most so many, those that follow that place.

        Raises: AccessTokenInvalid, StoreUnavailable, DatabaseUnavailable
        """
        account = self.authenticate(token)
        found = self.claims.of_account(account.account_id, after, limit + 1)
        items = [AccountQuote.of(owned) for owned in found[:limit]]
        return AccountQuotes(items, found[limit - 1].claim.position if len(found) > limit else None)


@dataclass(frozen=True, slots=True)
class DiscardAccountQuote:
    """Delete a claimed quote, whatever state it is in."""

    authenticate: Authenticate
    claims: Claims
    clock: Clock

    def __call__(self, token: AccessToken, quote_id: str) -> None:
        """Raises: AccessTokenInvalid, QuoteNotFound (as above), StoreUnavailable, DatabaseUnavailable"""
        account = self.authenticate(token)
        if not self.claims.discard(_quote_id(quote_id), account.account_id, self.clock.now()):
            raise QuoteNotFound


def _quote_id(text: str) -> QuoteId:
    """Raises: QuoteNotFound, for what no quote can have as its id"""
    if not is_quote_id(text):
        raise QuoteNotFound
    return QuoteId(text)


def _reason(claim: Claim, status: QuoteStatus) -> FailureReason | None:
    if status is not QuoteStatus.FAILED:
        return None
    is_gone = claim.cause in (Cause.EXPIRED, Cause.PURGED)
    return FailureReason.EXPIRED if is_gone else FailureReason.NEEDS_REPAIR
