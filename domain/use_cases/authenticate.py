from __future__ import annotations

from dataclasses import dataclass

from domain.errors import AccessTokenInvalid
from domain.model import AccessToken, Account
from domain.ports import Accounts, Sessions


@dataclass(frozen=True, slots=True)
class Authenticate:
    """
    Whose access token this is. The store says which session it opens, the database whether the account still stands and
    has the credentials under which that session was opened: so a change of them, or an erasure, ends all at once.
    """

    sessions: Sessions
    accounts: Accounts

    def __call__(self, token: AccessToken) -> Account:
        """Raises: AccessTokenInvalid, StoreUnavailable, DatabaseUnavailable"""
        session = self.sessions.find(token)
        if session is None:
            raise AccessTokenInvalid
        account = self.accounts.find(session.account_id)
        if account is None or account.credentials_version != session.credentials_version:
            raise AccessTokenInvalid
        return account
