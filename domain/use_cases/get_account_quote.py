from __future__ import annotations

from dataclasses import dataclass

from domain.accounts.account_quote import AccountQuote, quote_id_of
from domain.errors import QuoteNotFound
from domain.model import AccessToken
from domain.ports import Claims
from domain.use_cases.authenticate import Authenticate


@dataclass(frozen=True, slots=True)
class GetAccountQuote:
    """Read one quote of an account."""

    authenticate: Authenticate
    claims: Claims

    def __call__(self, token: AccessToken, quote_id: str) -> AccountQuote:
        """
        Return the quote, as its owner sees it.

        Raises: AccessTokenInvalid, QuoteNotFound (unknown, somebody else's, or deleted: the three look alike),
            StoreUnavailable, DatabaseUnavailable
        """
        account = self.authenticate(token)
        owned = self.claims.with_quote(quote_id_of(quote_id))
        if owned is None or owned.claim.account_id != account.account_id:
            raise QuoteNotFound
        return AccountQuote.of(owned)
