"""
Every call of a port in every scene, and everything that can become of it: for n = 1..N the n-th call fails, then the
reconciler comes, then everything must be as it was promised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from tests.proof.schedules.backends.backend import Servers
from tests.proof.schedules.backends.backends import Place
from tests.proof.schedules.checkers.invariants import Broken
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.scenarios.scenarios import SCENES, Scene
from tests.proof.schedules.simulation.log_capture import Ears
from tests.proof.schedules.simulation.simulation import Trial
from tests.proof.schedules.simulation.trace import told


@dataclass(frozen=True)
class Tried:
    """The n-th call of that scene, counted from 1, what became of it, and what that has broken. 0 is none of them."""

    scene: str
    nth: int
    call: str
    fault: Fault
    broken: Broken | None
    history: list[str]

    def __str__(self) -> str:
        return f"{self.scene}: call {self.nth}, {self.call} {self.fault.value}"


class _Play:
    """One trial of a scene, in which at most one call fails."""

    def __init__(self, scene: Scene, servers: Servers, ears: Ears, nth: int, fault: Fault) -> None:
        self.calls: list[Call] = []
        self._trial = Trial(servers, ears, self._fate)
        self._nth = nth
        self._fault = fault
        self.broken = self._trial.outcome(lambda: scene(self._trial))

    @property
    def history(self) -> list[str]:
        return told(self._trial.stage.history) if self.broken else []

    def _fate(self, call: Call) -> Fault:
        self.calls.append(call)
        return self._fault if len(self.calls) == self._nth else Fault.NONE


def failpoints(place: Place, ears: Ears, every: int = 1) -> Iterator[Tried]:
    """Each scene without a fault, then each with each call of it failing in each way, or every so many of these."""
    number, calls = count(), {}
    for name, scene in SCENES.items():
        whole = _Play(scene, place(), ears, 0, Fault.NONE)
        yield Tried(name, 0, "none", Fault.NONE, whole.broken, whole.history)
        calls[name] = whole.calls
    for name, scene in SCENES.items():
        for nth, call in enumerate(calls[name], start=1):
            for fault in call.faults:
                if next(number) % every:
                    continue
                play = _Play(scene, place(), ears, nth, fault)
                yield Tried(name, nth, call.name, fault, play.broken, play.history)
