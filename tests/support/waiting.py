"""
Waiting for a condition, with an end, and deadlines.

A deadline is a promise of the product on a machine that has a processor for it. Linux counts the time for which some
program waited for a processor (https://docs.kernel.org/accounting/psi.html). A `Stopwatch` leaves that time out, up to
three quarters of all time: a busy machine fails no test, and a call that hangs fails on each machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_PRESSURE = Path("/proc/pressure/cpu")
_MOST_LEFT_OUT = 0.75


class Stopwatch:
    """
    A measurement of the time since it was made.

    `elapsed` is all of it, for a lower bound; `seconds` leaves out the waits for a processor, for an upper bound.
    """

    def __init__(self) -> None:
        self._began, self._waited = time.monotonic(), _waited_for_a_processor()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    @property
    def seconds(self) -> float:
        elapsed = self.elapsed
        return elapsed - min(_waited_for_a_processor() - self._waited, _MOST_LEFT_OUT * elapsed)


def _waited_for_a_processor() -> float:
    """Return the seconds since the start of the system in which some program waited; 0 where nothing counts them."""
    if not _PRESSURE.exists():
        return 0.0
    some = _PRESSURE.read_text("ascii").splitlines()[0]
    return int(some.rpartition("total=")[2]) / 1e6


def eventually(condition: Callable[[], T], seconds: float = 30) -> T:
    """Return the condition's value once it is true; fail the test if that takes too long."""
    watch = Stopwatch()
    while not (value := condition()):
        assert watch.seconds < seconds, f"{condition} did not become true within {seconds} s"
        time.sleep(0.01)  # between two looks at the condition
    return value


@contextmanager
def at_most(seconds: float) -> Iterator[Stopwatch]:
    """Fail the test if the block does not end within the deadline."""
    watch = Stopwatch()
    yield watch
    took, counted = watch.elapsed, watch.seconds
    assert counted < seconds, f"it took {took:.1f} s, of which {counted:.1f} s count, and not less than {seconds} s"
