"""
The step checker: observes each call that reaches a server, and checks the invariants at once.

An error is found before a later step can repair it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from domain.errors import QuoteholdError
from domain.model import Lifetime
from tests.proof.schedules.backends.backend import Backend
from tests.proof.schedules.checkers.account_row_checker import AccountRowChecker
from tests.proof.schedules.checkers.claim_row_checker import ClaimRowChecker
from tests.proof.schedules.checkers.invariants import Invariant, Violation
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.checkers.store_checker import StoreChecker
from tests.proof.schedules.faults.port_calls import STORE, Call

T = TypeVar("T")
_REPEATABLE = ("create", "save", "begin_claim", "abort_claim", "finish_claim", "get", "peek")
"""Methods that give the same answer when repeated; a second discard finds nothing."""


class StepChecker:
    def __init__(self, backend: Backend, lifetime: Lifetime, model: Model) -> None:
        store, database = backend.store.inspector, backend.database.inspector
        self._store = StoreChecker(store, database, lifetime, model)
        self._rows = ClaimRowChecker(store, backend.store.quotes, database, model)
        self._accounts = AccountRowChecker(database, backend.clock, model)

    def observe(self, call: Call, perform: Callable[[], T]) -> T:
        """Make the call and check its effect. Raises: Violation, and the errors of the call"""
        if call.port in STORE:
            return self._store.observe(call, perform) if call.port == "quotes" else perform()
        if not call.is_write:
            return perform()
        answer, erased_claims = None, self._accounts.before(call)
        try:
            answer = perform()
            return answer
        finally:
            self._accounts.note_erased(erased_claims)
            self._rows.check(call, answer)
            self._accounts.check(call, erased_claims, answer)

    def check_repeat(self, call: Call, first: object, second: object) -> None:
        if call.method in _REPEATABLE and not _is_same(first, second):
            raise Violation(
                Invariant.REPEATABLE_CALL, f"{call.name} answered {first!r}, and repeated at once {second!r}"
            )


def _is_same(first: object, second: object) -> bool:
    if isinstance(first, QuoteholdError):
        return type(first) is type(second)
    return first == second
