from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.accounts.account_quote import AccountQuote
from domain.claims import Claim, ClaimWithQuote
from domain.errors import DraftUnreadable
from domain.model import AccessToken, Account, AccountId, Draft
from domain.ports import Claims, Clock, QuoteStore, Sessions
from domain.use_cases.authenticate import Authenticate

_BATCH = 100


@dataclass(frozen=True, slots=True)
class ExportedQuote:
    """
    A quote, and the draft that is kept beside it because no quote could be built from it (yet). If that draft cannot
    be decoded, `unreadable` has its bytes.
    """

    quote: AccountQuote
    draft: Draft | None
    unreadable: bytes | None


@dataclass(frozen=True, slots=True)
class Export:
    """The data of an account, without the password's hash, derived values, and the audit entries of repairs."""

    account: Account
    quotes: list[ExportedQuote]
    sessions: int
    exported_at: datetime


@dataclass(frozen=True, slots=True)
class ExportAccount:
    """Export all data that is kept about a customer."""

    authenticate: Authenticate
    claims: Claims
    quotes: QuoteStore
    sessions: Sessions
    clock: Clock

    def __call__(self, token: AccessToken) -> Export:
        """
        Return the export.

        Raises: AccessTokenInvalid, StoreUnavailable, DatabaseUnavailable
        """
        account = self.authenticate(token)
        quotes = [self._exported(owned) for owned in self._claims_of(account.account_id)]
        return Export(account, quotes, self.sessions.count(account), self.clock.now())

    def _claims_of(self, account_id: AccountId) -> Iterator[ClaimWithQuote]:
        after = None
        while batch := self.claims.of_account(account_id, after, _BATCH):
            yield from batch
            after = batch[-1].claim.position

    def _exported(self, owned: ClaimWithQuote) -> ExportedQuote:
        return ExportedQuote(AccountQuote.of(owned), *self._kept(owned.claim))

    def _kept(self, claim: Claim) -> tuple[Draft | None, bytes | None]:
        if claim.payload is None:
            return None, None
        try:
            return self.quotes.decode(claim.ref, claim.payload), None
        except DraftUnreadable:
            return None, claim.payload
