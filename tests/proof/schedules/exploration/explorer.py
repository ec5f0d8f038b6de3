"""The explorer: runs random schedules by seed until one breaks an invariant, and shrinks that one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.proof.schedules.backends.backends import BACKENDS, BackendFactory
from tests.proof.schedules.checkers.invariants import Violation
from tests.proof.schedules.exploration.choices import Choices, ChoiceSequence, shrink
from tests.proof.schedules.exploration.schedule import Schedule
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.simulation.log_capture import LogCapture
from tests.proof.schedules.simulation.simulation import captured_log
from tests.proof.schedules.simulation.trace import format_trace

TIMEOUT_S = 20.0
"""Seconds for shrinking one schedule."""


@dataclass(frozen=True)
class Failure:
    """A schedule that broke an invariant, with its trace."""

    seed: int
    violation: Violation
    sequence: ChoiceSequence
    history: list[str]

    def __str__(self) -> str:
        lines = "\n".join(f"    {line}" for line in self.history)
        return f"seed {self.seed} breaks {self.violation}\n{lines}\n    choices: {self.sequence}"


@dataclass(frozen=True)
class Totals:
    """The number of schedules, calls and faults so far, and the failures as text."""

    schedules: int = 0
    calls: int = 0
    faults: int = 0
    failures: tuple[str, ...] = ()

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.schedules + other.schedules,
            self.calls + other.calls,
            self.faults + other.faults,
            self.failures + other.failures,
        )

    def __str__(self) -> str:
        violations = f"{len(self.failures)} broke an invariant" if self.failures else "none broke an invariant"
        return f"{self.schedules:,} schedules, {self.calls:,} calls, {self.faults:,} of them made to fail: {violations}"


def run_seed(new_backend: BackendFactory, seed: int, log: LogCapture) -> tuple[Schedule, Violation | None]:
    """Run the schedule of that seed; return it and its first violation."""
    schedule = Schedule(new_backend(), Choices(seed), log)
    return schedule, schedule.run()


def explore_seeds(new_backend: BackendFactory, seeds: Iterable[int]) -> Iterator[Totals]:
    """Run these seeds up to the first failure."""
    with captured_log() as log:
        for seed in seeds:
            schedule, violation = run_seed(new_backend, seed, log)
            calls = [event for event in schedule.history if isinstance(event[1], Call)]
            faults = sum(event[2] is not Fault.NONE for event in calls)
            if violation:
                failure = shrink_failure(new_backend, seed, schedule.choices.sequence, violation, log)
                yield Totals(1, len(calls), faults, (str(failure),))
                return
            yield Totals(1, len(calls), faults)


def shrink_failure(
    new_backend: BackendFactory, seed: int, sequence: ChoiceSequence, violation: Violation, log: LogCapture
) -> Failure:
    """Shrink the schedule as far as the time allows; it breaks the same invariant."""
    until = time.monotonic() + TIMEOUT_S

    def breaks_the_same(simpler: ChoiceSequence) -> bool:
        if time.monotonic() > until:
            return False
        found = Schedule(new_backend(), Choices(sequence=simpler), log).run()
        return found is not None and found.invariant is violation.invariant

    simple = Schedule(new_backend(), Choices(sequence=shrink(sequence, breaks_the_same)), log)
    return Failure(seed, simple.run() or violation, simple.choices.sequence, format_trace(simple.history))


def explore_on(backend: str, first_seed: int, schedules: int) -> Totals:
    """Run so many seeds on the backend of that name. Runs in a process of its own."""
    with BACKENDS[backend]() as new_backend:
        return sum(explore_seeds(new_backend, range(first_seed, first_seed + schedules)), Totals())
