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
    Erase a customer's account. When this returns, account and quotes are gone, and no session opens anything. Claimed
    drafts that are still in the store go with the reconciler's next pass over their claims.
    """

    authenticate: Authenticate
    accounts: Accounts
    sessions: Sessions
    hasher: PasswordHasher
    clock: Clock

    def __call__(self, token: AccessToken, password: str) -> None:
        """
        Erase the account.

        Raises: AccessTokenInvalid, BadCredentials, StoreUnavailable, DatabaseUnavailable, Overloaded
        """
        account = self.authenticate(token)
        if not self.hasher.verify(account.password_hash, password):
            raise BadCredentials
        if not self.accounts.erase(account.account_id, self.clock.now(), account.credentials_version):
            # Another request has erased the account or changed the password: this session has ended either way.
            raise AccessTokenInvalid
        self._close_sessions(account.account_id)

    def _close_sessions(self, account_id: AccountId) -> None:
        try:
            self.sessions.close_all(account_id)
        except Unavailable as error:
            # They open nothing any more, hold no personal data, and end by themselves.
            _log.warning(
                "erased account %s: its sessions are not deleted, they end with their TTL: %s", account_id, error
            )
