"""
Sees every effect in the store and in the database, and says which of the protocol's invariants is broken. It judges at
once, so that nothing can be put right again before anybody has looked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from domain.errors import QuoteholdError
from domain.model import Lifetime
from tests.proof.schedules.backends.backend import Servers
from tests.proof.schedules.checkers.account_row_checker import AccountWitness
from tests.proof.schedules.checkers.claim_row_checker import RowWitness
from tests.proof.schedules.checkers.invariants import Broken, Rule
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.checkers.store_checker import StoreWitness
from tests.proof.schedules.faults.port_calls import STORE, Call

T = TypeVar("T")
_REPEATABLE = ("create", "save", "begin_claim", "abort_claim", "finish_claim", "get", "peek")
"""Calls that have the same answer again; a discard finds nothing the second time."""


class Witness:
    def __init__(self, servers: Servers, lifetime: Lifetime, notes: Notes) -> None:
        store, database = servers.store.view, servers.database.view
        self._store = StoreWitness(store, database, lifetime, notes)
        self._rows = RowWitness(store, servers.store.quotes, database, notes)
        self._accounts = AccountWitness(database, servers.clock, notes)

    def watch(self, call: Call, do: Callable[[], T]) -> T:
        """Let it be done. Raises: Broken, and what it raises"""
        if call.port in STORE:
            return self._store.watch(call, do) if call.port == "quotes" else do()
        if not call.is_write:
            return do()
        answer, forgotten = None, self._accounts.before(call)
        try:
            answer = do()
            return answer
        finally:
            self._rows.judge(call, answer)
            self._accounts.judge(call, forgotten, answer)

    def compare(self, call: Call, first: object, second: object) -> None:
        if call.method in _REPEATABLE and not _is_same(first, second):
            raise Broken(Rule.REPEATED, f"{call.name} answered {first!r}, and repeated at once {second!r}")


def _is_same(first: object, second: object) -> bool:
    if isinstance(first, QuoteholdError):
        return type(first) is type(second)
    return first == second
