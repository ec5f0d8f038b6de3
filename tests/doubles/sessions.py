"""Sessions in memory with an outage that a test switches on."""

from __future__ import annotations

from datetime import timedelta

from adapters.memory.sessions import MemorySessions
from domain.errors import QuoteholdError
from domain.model import Access, AccessToken, Account, AccountId, Session
from domain.ports import Clock


class FaultySessions(MemorySessions):
    """The in-memory sessions. Every call raises `outage` if it is set."""

    def __init__(self, clock: Clock, ttl: timedelta) -> None:
        super().__init__(clock, ttl)
        self.outage: QuoteholdError | None = None

    def open(self, account: Account) -> Access:
        self._refuse_in_outage()
        return super().open(account)

    def find(self, token: AccessToken) -> Session | None:
        self._refuse_in_outage()
        return super().find(token)

    def close(self, token: AccessToken) -> bool:
        self._refuse_in_outage()
        return super().close(token)

    def close_all(self, account_id: AccountId) -> None:
        self._refuse_in_outage()
        super().close_all(account_id)

    def count(self, account: Account) -> int:
        self._refuse_in_outage()
        return super().count(account)

    def _refuse_in_outage(self) -> None:
        if self.outage:
            raise self.outage
