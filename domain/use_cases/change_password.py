from __future__ import annotations

from dataclasses import dataclass, replace

from domain.accounts.open_session import OpenSession
from domain.errors import BadCredentials, DatabaseUnavailable
from domain.model import Access, AccessToken
from domain.ports import Accounts, PasswordHasher
from domain.use_cases.authenticate import Authenticate

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Replace the password of an account. That ends every session, and opens a fresh one."""

    authenticate: Authenticate
    accounts: Accounts
    hasher: PasswordHasher
    open_session: OpenSession

    def __call__(self, token: AccessToken, password: str, new_password: str) -> Access | None:
        """
        Return fresh access, or None if no session could be stored: the customer logs in with the new password.

        Raises: AccessTokenInvalid, BadCredentials, StoreUnavailable, DatabaseUnavailable, Overloaded
        """
        for _ in range(_ATTEMPTS):
            # Check the session each time: if another request has changed the password meanwhile, it has ended.
            account = self.authenticate(token)
            if not self.hasher.verify(account.password_hash, password):
                raise BadCredentials
            changed = replace(
                account,
                password_hash=self.hasher.hash(new_password),
                credentials_version=account.credentials_version + 1,
            )
            if self.accounts.put_credentials(account, changed):
                return self.open_session(changed)
        raise DatabaseUnavailable(f"Try again: the credentials of account {account.account_id} kept changing.")
