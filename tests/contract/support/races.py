"""Races: many threads that call the same port at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from domain.errors import Signal
from tests.support.race_rounds import race_rounds

ROUNDS = race_rounds(20)
RACERS = 16


def race(racers: Sequence[Callable[[], object]]) -> Counter[str]:
    """Start all racers together; count those that were done, and those that got each signal of a port."""
    barrier = threading.Barrier(len(racers))

    def run(racer: Callable[[], object]) -> str:
        barrier.wait()
        try:
            racer()
        except Signal as signal:
            return type(signal).__name__
        return "done"

    with ThreadPoolExecutor(len(racers)) as threads:
        return Counter(threads.map(run, racers))
