"""A random schedule: the choices decide clients, interleaving and faults at one or two quotes."""

from __future__ import annotations

from datetime import timedelta

from tests.proof.schedules.backends.backend import Backend
from tests.proof.schedules.checkers.invariants import Violation
from tests.proof.schedules.clients.workload import Workload
from tests.proof.schedules.exploration.choices import Choices
from tests.proof.schedules.faults.nemesis import Nemesis
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.scenarios.initial_states import INITIAL_STATES
from tests.proof.schedules.simulation.log_capture import LogCapture
from tests.proof.schedules.simulation.simulation import Simulation

_MAX_STEPS = 400
_MAX_CLIENTS = 12
_RATES = (0, 3, 8, 20)
"""Percent of calls that fail, or of steps at which the nemesis acts."""


class Schedule:
    """One random schedule. Its choices are in `choices.sequence` afterwards."""

    def __init__(self, backend: Backend, choices: Choices, log: LogCapture) -> None:
        self.choices = choices
        self.simulation = Simulation(backend, log, self._fault_for)
        self._rate_of_faults = 0
        self._faults: list[Fault] = []
        self._nemesis: Nemesis | None = None

    def run(self) -> Violation | None:
        """Run it; return the first violation."""
        return self.simulation.run(self._run_workload)

    def _run_workload(self) -> None:
        choices, scheduler, refs = self.choices, self.simulation.scheduler, self.simulation.system.refs
        quotes = [
            choices.one_of(INITIAL_STATES)(self.simulation),
            *(self.simulation.start_quote() for _ in range(choices.chance(25))),
        ]
        workload = Workload(self.simulation.clients, self.simulation.account_clients, choices, quotes)
        workload.start_client()
        to_come = choices.below(_MAX_CLIENTS)
        self._rate_of_faults = choices.one_of(_RATES)
        self._faults = choices.some_of([fault for fault in Fault if fault is not Fault.NONE])
        rate_of_events = choices.one_of(_RATES)
        clock_error = timedelta(hours=choices.one_of((1, -1)))
        nemesis = self._nemesis = Nemesis(self.simulation.backend, self.simulation.model, choices, clock_error)
        for _ in range(_MAX_STEPS):
            runnable = scheduler.runnable()
            if to_come and (not runnable or choices.chance(25)):
                workload.start_client()
                to_come -= 1
            elif not runnable:
                break
            elif choices.chance(rate_of_events):
                ref = choices.one_of(refs)
                scheduler.history.append((nemesis.disturb(ref), ref))
            else:
                scheduler.resume(choices.one_of(runnable))

    @property
    def history(self) -> list[tuple[object, ...]]:
        """All events: calls, answers and acts of the nemesis."""
        return self.simulation.scheduler.history

    def _fault_for(self, call: Call) -> Fault:
        fault = self._nemesis.fault_for(call) if self._nemesis else Fault.NONE
        if fault is Fault.NONE and self.choices.chance(self._rate_of_faults):
            return self.choices.one_of([fault for fault in call.faults if fault in self._faults] or [Fault.NONE])
        return fault
