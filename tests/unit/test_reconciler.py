"""The loop of the reconciler's process, and its waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.errors import DatabaseUnavailable, Overloaded, StoreUnreachable
from domain.use_cases.reconcile_claims import Outcome, Pass
from entrypoints.processes import reconciler as reconciler_module
from entrypoints.processes.progress import StatusLine
from entrypoints.processes.reconciler import Reconciler, Stop, summary
from tests.support.waiting import at_most

AWAY = StoreUnreachable("away")


class Waits(Stop):
    """A stop that records each wait and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, seconds: float) -> None:
        self.seconds.append(seconds)


@dataclass
class Script:
    """A double of ReconcileClaims. Each of its `passes` has an outcome of a claim or none, and a result or an error."""

    stop: Stop
    passes: list[tuple[Outcome | None, Pass | Exception]]
    done: int = field(default=0)

    def __call__(self, is_stopped: Callable[[], bool], visited: Callable[[Outcome], None]) -> Pass:
        outcome, end = self.passes[self.done]
        self.done += 1
        if self.done == len(self.passes):
            self.stop.set()
        if outcome:
            visited(outcome)
        if isinstance(end, Exception):
            raise end
        return end


@dataclass
class Purge:
    """A double of PurgeDeadLetters. It counts its calls; `finds` says whether each purges one, none, or raises."""

    finds: list[bool | Exception] = field(default_factory=list)
    asked: int = 0

    def __call__(self, is_stopped: Callable[[], bool], purged: Callable[[], None]) -> None:
        self.asked += 1
        found = self.finds.pop(0) if self.finds else False
        if isinstance(found, Exception):
            raise found
        if found:
            purged()


def run(
    *passes: tuple[Outcome | None, Pass | Exception], once: bool = False, purge: Purge | None = None
) -> tuple[Reconciler, list[float], int]:
    """Run a reconciler; return it, its waits in seconds, and the number of its passes."""
    stop = Waits()
    script: Any = Script(stop, list(passes))
    purging: Any = purge or Purge()
    reconciler = Reconciler(script, purging, StatusLine(), stop)
    reconciler.run_once() if once else reconciler.run()
    return reconciler, stop.seconds, script.done


@dataclass
class Times:
    """A double of the module `time`; its clock returns these values in turn."""

    left: list[float]

    def monotonic(self) -> float:
        return self.left.pop(0)


BUSY, IDLE, OUTAGE = Pass(is_last=False), Pass(is_last=True), Pass(AWAY, is_last=False)


def test_it_looks_once_a_second_when_nothing_is_due_and_at_once_when_more_may_be() -> None:
    assert run((Outcome.BUILT, BUSY), (None, IDLE), (None, IDLE))[1] == [1.0, 1.0]


def test_it_waits_longer_and_longer_while_a_server_is_away_and_not_after() -> None:
    waits = run(*[(Outcome.WAITING, OUTAGE)] * 8, (Outcome.BUILT, BUSY), (Outcome.WAITING, OUTAGE))[1]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30, 1]


def test_a_shard_that_is_away_does_not_slow_the_claims_of_the_others() -> None:
    assert run(*[(Outcome.BUILT, OUTAGE)] * 5)[1] == [1.0] * 5


@pytest.mark.parametrize("error", [DatabaseUnavailable("away"), ZeroDivisionError()])
def test_an_error_of_a_whole_pass_is_an_outage_and_not_the_end(error: Exception) -> None:
    reconciler, waits, passes = run((None, error), (None, error), (None, IDLE))
    assert (waits, passes, reconciler.outage) == ([1, 2, 1], 3, None)


def test_once_ends_when_nothing_is_due_or_a_server_is_away() -> None:
    reconciler, waits, passes = run((Outcome.BUILT, BUSY), (None, IDLE), (None, IDLE), once=True)
    assert (summary(reconciler.total), waits, passes) == ("1 built", [], 2)
    reconciler, _, passes = run((Outcome.WAITING, OUTAGE), (None, IDLE), once=True)
    assert (reconciler.outage, passes) == (AWAY, 1)
    unexpected = ZeroDivisionError()
    reconciler, _, passes = run((None, unexpected), (None, IDLE), once=True)
    assert (reconciler.outage, passes) == (unexpected, 1)


def test_it_purges_at_its_first_pass_and_then_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    # A pass looks at the clock before it purges, and again after it.
    passes_at = {0: [0.0, 0.0], 1: [1.0], 2: [3599.9], 3: [3600.0, 3600.5], 4: [7200.0], 5: [7200.5, 7200.5]}
    times = [time for at in passes_at.values() for time in at]
    monkeypatch.setattr(reconciler_module, "time", Times(times))
    purge = Purge([True, True, True])
    reconciler, _, passes = run(*[(None, IDLE)] * len(passes_at), purge=purge)
    assert (passes, purge.asked, times) == (6, 3, [])
    assert summary(reconciler.total) == "3 purged"


def test_a_purge_that_the_database_refuses_is_an_outage_of_the_pass_and_is_made_up_for_at_the_next() -> None:
    purge = Purge([DatabaseUnavailable("away"), Overloaded("busy"), True])
    reconciler, waits, passes = run(*[(Outcome.BUILT, IDLE)] + [(None, IDLE)] * 3, purge=purge)
    assert (purge.asked, passes, reconciler.outage) == (3, 4, None)
    assert waits == [1, 1, 1, 1]
    assert summary(reconciler.total) == "1 built, 1 purged"
    reconciler, _, passes = run((None, IDLE), (None, IDLE), once=True, purge=Purge([DatabaseUnavailable("away")]))
    assert (type(reconciler.outage), passes) == (DatabaseUnavailable, 1)


def test_nothing_is_purged_while_the_claims_that_are_due_cannot_be_read() -> None:
    purge = Purge()
    run((None, DatabaseUnavailable("away")), (None, DatabaseUnavailable("away")), purge=purge)
    assert purge.asked == 0


def test_a_stop_ends_a_wait_that_has_begun_and_one_that_has_not() -> None:
    stop = Stop()
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    with at_most(10):
        stop.wait(30)
        stop.wait(30)
    timer.join()
    assert stop.is_set()
