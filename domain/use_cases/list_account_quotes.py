from __future__ import annotations

from dataclasses import dataclass

from domain.accounts.account_quote import AccountQuote
from domain.claims import ClaimPosition
from domain.model import AccessToken
from domain.ports import Claims
from domain.use_cases.authenticate import Authenticate


@dataclass(frozen=True, slots=True)
class AccountQuotes:
    """A page of quotes. `next` is the place after which the next page begins, or None on the last page."""

    items: list[AccountQuote]
    next: ClaimPosition | None


@dataclass(frozen=True, slots=True)
class ListAccountQuotes:
    """List the quotes of an account, the newest claim first."""

    authenticate: Authenticate
    claims: Claims

    def __call__(self, token: AccessToken, after: ClaimPosition | None, limit: int) -> AccountQuotes:
        """
        Return a page of at most `limit` quotes after that place.

        Raises: AccessTokenInvalid, StoreUnavailable, DatabaseUnavailable
        """
        account = self.authenticate(token)
        found = self.claims.of_account(account.account_id, after, limit + 1)
        items = [AccountQuote.of(owned) for owned in found[:limit]]
        return AccountQuotes(items, found[limit - 1].claim.position if len(found) > limit else None)
