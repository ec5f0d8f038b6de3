from __future__ import annotations

import logging
from dataclasses import dataclass

from domain.errors import AccessTokenInvalid, BadCredentials, Unavailable
from domain.model import AccessToken, AccountId
from domain.ports import Accounts, Clock, PasswordHasher, Sessions
from domain.use_cases.authenticate import Authenticate

_log = logging.getLogger("quotehold.sessions")


@dataclass(frozen=True, slots=True)
class EraseAccount:
    """
    Forget a customer: account and quotes are gone when this returns, and no session opens anything. What the store may
    still hold of drafts that were claimed goes with the next pass of a reconciler.
    """

    authenticate: Authenticate
    accounts: Accounts
    sessions: Sessions
    hasher: PasswordHasher
    clock: Clock

    def __call__(self, token: AccessToken, password: str) -> None:
        """Raises: AccessTokenInvalid, BadCredentials, StoreUnavailable, DatabaseUnavailable, Overloaded"""
        account = self.authenticate(token)
        if not self.hasher.verify(account.password_hash, password):
            raise BadCredentials
        if not self.accounts.erase(account.account_id, self.clock.now(), account.credentials_version):
            # Erased by another request, or under another password by now: this session has ended either way.
            raise AccessTokenInvalid
        self._close_sessions(account.account_id)

    def _close_sessions(self, account_id: AccountId) -> None:
        try:
            self.sessions.close_all(account_id)
        except Unavailable as error:
            # They open nothing any more, hold no personal data, and end by themselves.
            _log.warning("the sessions of an erased account, %s, end with their TTL: %s", account_id, error)
