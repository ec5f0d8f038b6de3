from __future__ import annotations

from dataclasses import dataclass

from domain.errors import AccessTokenInvalid
from domain.model import AccessToken, Account
from domain.ports import Accounts, Sessions


@dataclass(frozen=True, slots=True)
class Authenticate:
    """
    Find the account of an access token. The store gives the session of the token. The database tells whether the
    account still exists, with the credentials under which that session was opened. So a change of the password, or an
    erasure, ends all sessions at once.
    """

    sessions: Sessions
    accounts: Accounts

    def __call__(self, token: AccessToken) -> Account:
        """
        Return the account.

        Raises: AccessTokenInvalid, StoreUnavailable, DatabaseUnavailable
        """
        session = self.sessions.find(token)
        if session is None:
            raise AccessTokenInvalid
        account = self.accounts.find(session.account_id)
        if account is None or account.credentials_version != session.credentials_version:
            raise AccessTokenInvalid
        return account
