from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from domain.errors import BadCredentials, Unavailable
from domain.model import Access, Account, Email
from domain.ports import Accounts, PasswordHasher, Sessions

_log = logging.getLogger("quotehold.sessions")


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """An account with a fresh session."""

    account: Account
    access: Access


@dataclass(frozen=True, slots=True)
class LogIn:
    """Open a session with e-mail and password. An unknown e-mail is refused like a wrong password, and as slowly."""

    accounts: Accounts
    sessions: Sessions
    hasher: PasswordHasher

    def __call__(self, email: Email, password: str) -> LoggedIn:
        """
        Return the account and fresh access.

        Raises: BadCredentials, StoreUnavailable, DatabaseUnavailable, Overloaded
        """
        account = self.accounts.with_email(email.key)
        is_right = self.hasher.verify(account.password_hash if account else None, password)
        if account is None or not is_right:
            raise BadCredentials
        self._upgrade(account, password)
        return LoggedIn(account, self.sessions.open(account))

    def _upgrade(self, account: Account, password: str) -> None:
        """Replace an outdated hash while the password is at hand. Best effort: the old hash works as well."""
        if not self.hasher.is_outdated(account.password_hash):
            return
        try:
            self.accounts.put_credentials(account, replace(account, password_hash=self.hasher.hash(password)))
        except Unavailable as error:
            _log.warning("account %s: outdated password hash kept for now: %s", account.account_id, error)
