"""One schedule after the other, until one breaks a rule; that one is made as simple as it will be."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.proof.schedules.backends.backends import PLACES, Place
from tests.proof.schedules.checkers.invariants import Broken
from tests.proof.schedules.exploration.choices import Choices, Script, shrunk
from tests.proof.schedules.exploration.schedule import Schedule
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.simulation.log_capture import Ears
from tests.proof.schedules.simulation.simulation import listening
from tests.proof.schedules.simulation.trace import told

TIMEOUT_S = 20.0
"""Seconds for making a schedule simpler."""


@dataclass(frozen=True)
class Failure:
    """A schedule that broke a rule: what happened in it, line by line."""

    seed: int
    broken: Broken
    script: Script
    history: list[str]

    def __str__(self) -> str:
        lines = "\n".join(f"    {line}" for line in self.history)
        return f"seed {self.seed} breaks {self.broken}\n{lines}\n    script: {self.script}"


@dataclass(frozen=True)
class Explored:
    """So many schedules, and calls of ports in them, of which so many were made to fail; what broke a rule, as text."""

    schedules: int = 0
    calls: int = 0
    faults: int = 0
    failures: tuple[str, ...] = ()

    def __add__(self, other: Explored) -> Explored:
        return Explored(
            self.schedules + other.schedules,
            self.calls + other.calls,
            self.faults + other.faults,
            self.failures + other.failures,
        )

    def __str__(self) -> str:
        broken = f"{len(self.failures)} broke a rule" if self.failures else "none broke a rule"
        return f"{self.schedules:,} schedules, {self.calls:,} calls, {self.faults:,} of them made to fail: {broken}"


def explore(place: Place, seed: int, ears: Ears) -> tuple[Schedule, Broken | None]:
    """The schedule of that seed, and what it has broken first."""
    schedule = Schedule(place(), Choices(seed), ears)
    return schedule, schedule.outcome()


def explored(place: Place, seeds: Iterable[int]) -> Iterator[Explored]:
    """Each of them; the first that breaks a rule is the last."""
    with listening() as ears:
        for seed in seeds:
            schedule, broken = explore(place, seed, ears)
            calls = [event for event in schedule.history if isinstance(event[1], Call)]
            faults = sum(event[2] is not Fault.NONE for event in calls)
            if broken:
                failure = simplified(place, seed, schedule.choices.script, broken, ears)
                yield Explored(1, len(calls), faults, (str(failure),))
                return
            yield Explored(1, len(calls), faults)


def simplified(place: Place, seed: int, script: Script, broken: Broken, ears: Ears) -> Failure:
    """The same breach, by a simpler schedule: as simple as can be found in time."""
    until = time.monotonic() + TIMEOUT_S

    def breaks_the_same(simpler: Script) -> bool:
        if time.monotonic() > until:
            return False
        found = Schedule(place(), Choices(script=simpler), ears).outcome()
        return found is not None and found.rule is broken.rule

    simple = Schedule(place(), Choices(script=shrunk(script, breaks_the_same)), ears)
    return Failure(seed, simple.outcome() or broken, simple.choices.script, told(simple.history))


def explored_at(place: str, first_seed: int, schedules: int) -> Explored:
    """So many from that seed on, at the place of that name; for a process of its own."""
    with PLACES[place]() as found:
        return sum(explored(found, range(first_seed, first_seed + schedules)), Explored())
