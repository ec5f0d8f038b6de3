"""
Failpoints: in each scenario, each call of a port fails in each possible way.

For n = 1..N the n-th call fails, then the reconciler makes its passes, then the final checker runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from tests.proof.schedules.backends.backend import Backend
from tests.proof.schedules.backends.backends import BackendFactory
from tests.proof.schedules.checkers.invariants import Violation
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.scenarios.scenarios import SCENARIOS, Scenario
from tests.proof.schedules.simulation.log_capture import LogCapture
from tests.proof.schedules.simulation.simulation import Simulation
from tests.proof.schedules.simulation.trace import format_trace


@dataclass(frozen=True)
class FailpointResult:
    """The result of one fault at the n-th call of a scenario, counted from 1. 0 is the run without a fault."""

    scenario: str
    nth: int
    call: str
    fault: Fault
    violation: Violation | None
    history: list[str]

    def __str__(self) -> str:
        return f"{self.scenario}: call {self.nth}, {self.call} {self.fault.value}"


class _Run:
    """One simulation of a scenario with at most one fault."""

    def __init__(self, scenario: Scenario, backend: Backend, log: LogCapture, nth: int, fault: Fault) -> None:
        self.calls: list[Call] = []
        self._simulation = Simulation(backend, log, self._fault_for)
        self._nth = nth
        self._fault = fault
        self.violation = self._simulation.run(lambda: scenario(self._simulation))

    @property
    def history(self) -> list[str]:
        return format_trace(self._simulation.scheduler.history) if self.violation else []

    def _fault_for(self, call: Call) -> Fault:
        self.calls.append(call)
        return self._fault if len(self.calls) == self._nth else Fault.NONE


def failpoints(new_backend: BackendFactory, log: LogCapture, every: int = 1) -> Iterator[FailpointResult]:
    """Run each scenario without a fault, then once for each call and fault, or for one in `every` of these."""
    number, calls = count(), {}
    for name, scenario in SCENARIOS.items():
        fault_free = _Run(scenario, new_backend(), log, 0, Fault.NONE)
        yield FailpointResult(name, 0, "none", Fault.NONE, fault_free.violation, fault_free.history)
        calls[name] = fault_free.calls
    for name, scenario in SCENARIOS.items():
        for nth, call in enumerate(calls[name], start=1):
            for fault in call.faults:
                if next(number) % every:
                    continue
                run = _Run(scenario, new_backend(), log, nth, fault)
                yield FailpointResult(name, nth, call.name, fault, run.violation, run.history)
