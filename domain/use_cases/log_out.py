from __future__ import annotations

from dataclasses import dataclass

from domain.errors import AccessTokenInvalid
from domain.model import AccessToken
from domain.ports import Sessions


@dataclass(frozen=True, slots=True)
class LogOut:
    """End a session, at once. The database is not asked: who wants to leave may, also while it is away."""

    sessions: Sessions

    def __call__(self, token: AccessToken) -> None:
        """Raises: AccessTokenInvalid, StoreUnavailable"""
        if not self.sessions.close(token):
            raise AccessTokenInvalid
