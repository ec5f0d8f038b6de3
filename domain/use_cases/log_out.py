from __future__ import annotations

from dataclasses import dataclass

from domain.errors import AccessTokenInvalid
from domain.model import AccessToken
from domain.ports import Sessions


@dataclass(frozen=True, slots=True)
class LogOut:
    """End a session at once. The database is not asked, so a log-out also works while the database is unreachable."""

    sessions: Sessions

    def __call__(self, token: AccessToken) -> None:
        """
        End the session.

        Raises: AccessTokenInvalid, StoreUnavailable
        """
        if not self.sessions.close(token):
            raise AccessTokenInvalid
