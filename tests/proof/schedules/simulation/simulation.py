"""One simulation: clients under a scheduler on one backend, checked at each step and at the end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from domain.use_cases.start_quote import Started
from tests.proof.schedules.backends.backend import LIFETIME, Backend
from tests.proof.schedules.checkers.account_answer_checker import AccountAnswerChecker
from tests.proof.schedules.checkers.answer_checker import AnswerChecker
from tests.proof.schedules.checkers.final_checker import check_end_state, reconcile_until_settled
from tests.proof.schedules.checkers.idempotency_checker import IdempotencyChecker
from tests.proof.schedules.checkers.invariants import Excuse, Violation
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.checkers.step_checker import StepChecker
from tests.proof.schedules.clients.account_clients import AccountClients
from tests.proof.schedules.clients.quote_clients import QuoteClients
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.simulation.log_capture import LogCapture
from tests.proof.schedules.simulation.scheduler import Scheduler, Task
from tests.proof.schedules.simulation.system import SimulatedSystem


def _no_fault(call: Call) -> Fault:
    return Fault.NONE


class Simulation:
    """`fault_for` decides the fault of each call; if it is NONE, `default_fault_for` does, which a scenario may set."""

    def __init__(self, backend: Backend, log: LogCapture, fault_for: Callable[[Call], Fault]) -> None:
        self.backend = backend
        self._log = log
        self._fault_for = fault_for
        self.default_fault_for: Callable[[Call], Fault] = _no_fault
        self._quotes: list[Started] = []
        log.clear()
        backend.clock.passed = backend.clock.error = timedelta()
        self.model = Model()
        self.scheduler = Scheduler(StepChecker(backend, LIFETIME, self.model), self._task_fault)
        self.system = SimulatedSystem(backend, self.scheduler)
        answers = AnswerChecker(self.system, self.model)
        self.clients = QuoteClients(self.system, answers, IdempotencyChecker(self.system, self.model))
        self.account_clients = AccountClients(self.clients, AccountAnswerChecker(answers))

    def start_quote(self) -> Started:
        """Start another quote."""
        quote = self.system.services.start_quote("motor", {"quote": len(self._quotes)})
        self._quotes.append(quote)
        self.system.refs.append(self.model.refs[quote.quote_id])
        return quote

    @contextmanager
    def with_faults(self, fault_for: Callable[[Call], Fault]) -> Iterator[None]:
        """Replace the faults in this block."""
        before, self._fault_for = self._fault_for, fault_for
        yield
        self._fault_for = before

    @contextmanager
    def running_to_end(self, fault_for: Callable[[Call], Fault] = _no_fault) -> Iterator[None]:
        """Run all tasks of this block to their end, with only these faults."""
        with self.with_faults(fault_for):
            yield
            self.scheduler.run_all()

    def run(self, scenario: Callable[[], None]) -> Violation | None:
        """Run the scenario and the final check; return the first violation. The backend is empty afterwards."""
        try:
            scenario()
            self._fault_for = self.default_fault_for = _no_fault
            self.scheduler.run_all()
            reconcile_until_settled(self.system)
            check_end_state(self.system, self.model, self.account_clients.answers, self._quotes, self._log)
        except Violation as violation:
            return violation
        finally:
            self.backend.clean(list(self.model.refs.values()))
        return None

    def _task_fault(self, task: Task, call: Call) -> Fault:
        fault = self._fault_for(call)
        if fault is Fault.NONE:
            fault = self.default_fault_for(call)
        if call.method == "begin_claim" and call.quote_id and fault not in (Fault.NONE, Fault.TWICE):
            self.model.excuses[call.quote_id].add(Excuse.NOT_FROZEN)
        return fault


@contextmanager
def captured_log() -> Iterator[LogCapture]:
    """Capture the service's log in this block, and keep it from all other handlers."""
    logger, log = logging.getLogger("quotehold"), LogCapture()
    before = logger.propagate, logger.level
    logger.addHandler(log)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        logger.removeHandler(log)
        logger.propagate = before[0]
        logger.setLevel(before[1])
