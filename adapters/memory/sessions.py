from __future__ import annotations

import secrets
import threading
from datetime import datetime, timedelta

from domain.errors import QuoteholdError
from domain.model import Access, AccessToken, Account, Session
from domain.ports import Clock, Sessions


class MemorySessions(Sessions):
    """`outage`, where set, is raised by every call."""

    def __init__(self, clock: Clock, ttl: timedelta) -> None:
        self._clock = clock
        self._ttl = ttl
        self._sessions: dict[AccessToken, tuple[Session, datetime]] = {}
        self._lock = threading.Lock()
        self.outage: QuoteholdError | None = None

    def open(self, account: Account) -> Access:
        self._refuse_in_outage()
        token = AccessToken(f"at_{secrets.token_urlsafe(32)}")
        ends = self._clock.now() + self._ttl
        with self._lock:
            self._sessions[token] = Session(account.account_id, account.credentials_version), ends
        return Access(token, ends)

    def find(self, token: AccessToken) -> Session | None:
        self._refuse_in_outage()
        with self._lock:
            session, ends = self._sessions.get(token, (None, self._clock.now()))
        return session if ends > self._clock.now() else None

    def _refuse_in_outage(self) -> None:
        if self.outage:
            raise self.outage
