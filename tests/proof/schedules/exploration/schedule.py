"""A schedule: people at one or two quotes, in an order and with faults that a seed decides."""

from __future__ import annotations

from datetime import timedelta

from tests.proof.schedules.backends.backend import Servers
from tests.proof.schedules.checkers.invariants import Broken
from tests.proof.schedules.clients.workload import Cast
from tests.proof.schedules.exploration.choices import Choices
from tests.proof.schedules.faults.nemesis import World
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.scenarios.initial_states import BEGINNINGS
from tests.proof.schedules.simulation.log_capture import Ears
from tests.proof.schedules.simulation.simulation import Trial

_MOST_STEPS = 400
_MOST_PEOPLE = 12
_RATES = (0, 3, 8, 20)
"""Percent of calls that fail, or of steps at which the world changes."""


class Schedule:
    """One of them. The decisions are in `choices.script` afterwards."""

    def __init__(self, servers: Servers, choices: Choices, ears: Ears) -> None:
        self.choices = choices
        self.trial = Trial(servers, ears, self._fate)
        self._rate_of_faults = 0
        self._faults: list[Fault] = []
        self._world: World | None = None

    def outcome(self) -> Broken | None:
        """What it has broken first."""
        return self.trial.outcome(self._play)

    def _play(self) -> None:
        choices, stage, refs = self.choices, self.trial.stage, self.trial.site.refs
        quotes = [choices.one_of(BEGINNINGS)(self.trial), *(self.trial.start() for _ in range(choices.chance(25)))]
        cast = Cast(self.trial.people, self.trial.owners, choices, quotes)
        cast.enter()
        to_come = choices.below(_MOST_PEOPLE)
        self._rate_of_faults = choices.one_of(_RATES)
        self._faults = choices.some_of([fault for fault in Fault if fault is not Fault.NONE])
        rate_of_events = choices.one_of(_RATES)
        clock_error = timedelta(hours=choices.one_of((1, -1)))
        world = self._world = World(self.trial.servers, self.trial.notes, choices, clock_error)
        for _ in range(_MOST_STEPS):
            waiting = stage.waiting()
            if to_come and (not waiting or choices.chance(25)):
                cast.enter()
                to_come -= 1
            elif not waiting:
                break
            elif choices.chance(rate_of_events):
                ref = choices.one_of(refs)
                stage.history.append((world.change(ref), ref))
            else:
                stage.let(choices.one_of(waiting))

    @property
    def history(self) -> list[tuple[object, ...]]:
        """What happened in it: calls, answers, and what befell the quote."""
        return self.trial.stage.history

    def _fate(self, call: Call) -> Fault:
        fault = self._world.fate(call) if self._world else Fault.NONE
        if fault is Fault.NONE and self.choices.chance(self._rate_of_faults):
            return self.choices.one_of([fault for fault in call.faults if fault in self._faults] or [Fault.NONE])
        return fault
