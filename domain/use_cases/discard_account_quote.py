from __future__ import annotations

from dataclasses import dataclass

from domain.accounts.account_quote import quote_id_of
from domain.errors import QuoteNotFound
from domain.model import AccessToken
from domain.ports import Claims, Clock
from domain.use_cases.authenticate import Authenticate


@dataclass(frozen=True, slots=True)
class DiscardAccountQuote:
    """Delete a claimed quote, in any state of its claim."""

    authenticate: Authenticate
    claims: Claims
    clock: Clock

    def __call__(self, token: AccessToken, quote_id: str) -> None:
        """
        Delete the quote.

        Raises: AccessTokenInvalid, QuoteNotFound (unknown, somebody else's, or deleted already), StoreUnavailable,
            DatabaseUnavailable
        """
        account = self.authenticate(token)
        if not self.claims.discard(quote_id_of(quote_id), account.account_id, self.clock.now()):
            raise QuoteNotFound
