"""The parts of the proof: each plays something for some seconds or minutes, and tells what it has found."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from tests.contract.sql_server_legs import PostgresqlLeg
from tests.proof.histories.failovers import CLIENTS, HISTORIES, SECONDS
from tests.proof.http.report import run_http_machine
from tests.proof.schedules.backends.backends import PLACES, Place
from tests.proof.schedules.exploration.explorer import Explored, explored, explored_at
from tests.proof.schedules.exploration.failpoints import failpoints
from tests.proof.schedules.mutants.mutant import Mutant, hunted
from tests.proof.schedules.mutants.mutant_list import MUTANTS
from tests.proof.schedules.simulation.simulation import listening
from tests.servers.postgresql import running_postgresql

Show: TypeAlias = Callable[[str], None]
"""Tells somebody who waits how far it is."""

TWINS_SCHEDULES, REAL_SCHEDULES, EXAMPLES = 20_000, 400, 300
"""Of a round."""
_HUNT = 2_000
"""Schedules; then come all failpoints."""
_CHUNKS = {"memory": 500, "valkey+postgresql": 100}
_STEPS = 50
_FIRST_WORDS = 200


@dataclass(frozen=True)
class Found:
    """What a part has to say, and everything that was broken, with the seed that breaks it again."""

    summary: str
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    title: str
    play: Callable[[Show], Found]


def round_at_our_own(seed: int, *, is_first: bool) -> Iterator[Part]:
    """On twins and servers of our own. What no seed decides is played in the first round alone."""
    if is_first:
        for place in ("memory", "valkey+postgresql"):
            yield Part(f"failpoints on {place}", partial(_failpoints_at, place))
    yield Part("schedules on memory", partial(_schedules, "memory", seed, TWINS_SCHEDULES))
    yield Part("schedules on valkey+postgresql", partial(_schedules, "valkey+postgresql", seed, REAL_SCHEDULES))
    yield Part("calls over HTTP", partial(_calls, seed))
    for name in HISTORIES:
        yield Part(f"history {name}", partial(_history, name, seed))
    if is_first:
        yield from (Part(f"planted: {mutant.name}", partial(_hunt, mutant, seed)) for mutant in MUTANTS)


def round_at(place: Place, seed: int, *, is_first: bool) -> Iterator[Part]:
    """On servers that are somebody's own: what needs no power over them."""
    if is_first:
        yield Part("failpoints", partial(_failpoints, place))
    yield Part("schedules", partial(_schedules_at, place, seed, REAL_SCHEDULES))


def _failpoints_at(place: str, show: Show) -> Found:
    with PLACES[place]() as found:
        return _failpoints(found, show)


def _failpoints(place: Place, show: Show) -> Found:
    number, broken = 0, []
    with listening() as ears:
        for number, tried in enumerate(failpoints(place, ears), start=1):
            show(f"failpoint {number:,}: {tried}")
            if tried.broken:
                broken.append("\n    ".join([f"{tried} breaks {tried.broken}", *tried.history]))
    return Found(f"{number:,} of them, {len(broken)} broke a rule", tuple(broken))


def _schedules(place: str, seed: int, number: int, show: Show) -> Found:
    """On all cores."""
    total, chunk = Explored(), min(number, _CHUNKS[place])
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        tasks = [pool.submit(explored_at, place, first, chunk) for first in range(seed, seed + number, chunk)]
        for task in as_completed(tasks):
            total += task.result()
            show(f"schedule {total.schedules:,} of {number:,}")
    return _explored(total, seed)


def _schedules_at(place: Place, seed: int, number: int, show: Show) -> Found:
    total = Explored()
    for one in explored(place, range(seed, seed + number)):
        total += one
        show(f"schedule {total.schedules:,} of {number:,}")
    return _explored(total, seed)


def _explored(total: Explored, seed: int) -> Found:
    return Found(f"{total}, from seed {seed}", total.failures)


def _calls(seed: int, show: Show) -> Found:
    show(f"{EXAMPLES} examples of {_STEPS} steps")
    try:
        return Found(run_http_machine(seed, EXAMPLES, _STEPS).summary)
    except Exception as error:  # noqa: BLE001 - whatever a step raised is what was found
        return Found("a step went wrong", (f"seed {seed}: {error!r}\n" + "\n".join(getattr(error, "__notes__", [])),))


def _history(name: str, seed: int, show: Show) -> Found:
    show(f"{CLIENTS} clients for {SECONDS:.0f} seconds and more")
    log = logging.getLogger("quotehold")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with TemporaryDirectory() as folder, running_postgresql(Path(folder) / "sql") as server:
            server.create_database("quotes")
            leg = PostgresqlLeg(server, "quotes")
            report = HISTORIES[name](Path(folder) / "store", leg, seed, CLIENTS, SECONDS)
    finally:
        log.setLevel(level)
    return Found(report.figure, tuple(f"seed {seed}: {violation}" for violation in report.violations))


def _hunt(mutant: Mutant, seed: int, show: Show) -> Found:
    show("looking for it")
    hunt = hunted(mutant, seed, _HUNT)
    if hunt.rule:
        told = f"found by {hunt.by}; rule {hunt.rule.value}; {hunt.what[:_FIRST_WORDS]}"
    else:
        told = "not found" if mutant.breaks else "not found: no safety device"
    return Found(told, () if hunt.is_as_said else (told,))
