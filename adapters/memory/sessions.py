from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.model import Access, AccessToken, Account, AccountId, Session
from domain.ports import MOST_SESSIONS, Clock, Sessions


@dataclass(frozen=True, slots=True)
class _Open:
    token: AccessToken
    session: Session
    ends: datetime

    @property
    def version(self) -> int:
        return self.session.credentials_version


class MemorySessions(Sessions):
    def __init__(self, clock: Clock, ttl: timedelta) -> None:
        self._clock = clock
        self._ttl = ttl
        self._sessions: dict[AccessToken, _Open] = {}
        self._lock = threading.Lock()

    def open(self, account: Account) -> Access:
        session = Session(account.account_id, account.credentials_version)
        opened = _Open(AccessToken(f"at_{secrets.token_urlsafe(48)}"), session, self._clock.now() + self._ttl)
        with self._lock:
            before = self._of(account.account_id)
            present = [each for each in before if each.version >= opened.version and self._is_open(each)]
            # Sessions of newer credentials stay, and this one comes before them: see session_open.lua.
            present = sorted([*present, opened], key=lambda each: each.version)
            self._forget(before)
            self._sessions |= {each.token: each for each in present[-MOST_SESSIONS:]}
        return Access(opened.token, opened.ends)

    def find(self, token: AccessToken) -> Session | None:
        with self._lock:
            found = self._sessions.get(token)
        return found.session if found and self._is_open(found) else None

    def close(self, token: AccessToken) -> bool:
        with self._lock:
            found = self._sessions.pop(token, None)
        return found is not None and self._is_open(found)

    def close_all(self, account_id: AccountId) -> None:
        with self._lock:
            self._forget(self._of(account_id))

    def count(self, account: Account) -> int:
        with self._lock:
            found = self._of(account.account_id)
        return sum(each.version == account.credentials_version and self._is_open(each) for each in found)

    def _of(self, account_id: AccountId) -> list[_Open]:
        return [each for each in self._sessions.values() if each.session.account_id == account_id]

    def _forget(self, sessions: list[_Open]) -> None:
        for each in sessions:
            del self._sessions[each.token]

    def _is_open(self, session: _Open) -> bool:
        return session.ends > self._clock.now()
