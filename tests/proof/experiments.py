"""The experiments of `make faults`: each runs for seconds or minutes and returns its findings."""

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

from tests.contract.support.sql_server_backends import PostgresqlBackend
from tests.proof.histories.failovers import CLIENTS, HISTORIES, SECONDS
from tests.proof.http.report import run_http_machine
from tests.proof.schedules.backends.backends import BACKENDS, BackendFactory
from tests.proof.schedules.exploration.explorer import Totals, explore_on, explore_seeds
from tests.proof.schedules.exploration.failpoints import failpoints
from tests.proof.schedules.mutants.mutant import Mutant, search_for
from tests.proof.schedules.mutants.mutant_list import MUTANTS
from tests.proof.schedules.simulation.simulation import captured_log
from tests.servers.postgresql import running_postgresql

ShowProgress: TypeAlias = Callable[[str], None]
"""Shows the progress of an experiment."""

IN_MEMORY_SCHEDULES, SERVER_SCHEDULES, EXAMPLES = 20_000, 400, 300
"""Numbers for one round."""
_MUTANT_SCHEDULES = 2_000
"""Schedules for each mutant; then come all failpoints."""
_CHUNKS = {"memory": 500, "valkey+postgresql": 100}
_STEPS = 50
_MAX_DETAIL = 200


@dataclass(frozen=True)
class Findings:
    """The summary of an experiment, and all violations, each with its seed."""

    summary: str
    violations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Experiment:
    title: str
    run: Callable[[ShowProgress], Findings]


def round_on_own_servers(seed: int, *, is_first: bool) -> Iterator[Experiment]:
    """Return the experiments in memory and on servers of this run. Those without a seed are in the first round only."""
    if is_first:
        for backend in ("memory", "valkey+postgresql"):
            yield Experiment(f"failpoints on {backend}", partial(_failpoints_at, backend))
    yield Experiment("schedules on memory", partial(_schedules, "memory", seed, IN_MEMORY_SCHEDULES))
    yield Experiment("schedules on valkey+postgresql", partial(_schedules, "valkey+postgresql", seed, SERVER_SCHEDULES))
    yield Experiment("calls over HTTP", partial(_http_calls, seed))
    for name in HISTORIES:
        yield Experiment(f"history {name}", partial(_history, name, seed))
    if is_first:
        yield from (Experiment(f"planted: {mutant.name}", partial(_find_mutant, mutant, seed)) for mutant in MUTANTS)


def round_on(new_backend: BackendFactory, seed: int, *, is_first: bool) -> Iterator[Experiment]:
    """Return the experiments on given servers: failpoints and schedules, which stop no server."""
    if is_first:
        yield Experiment("failpoints", partial(_failpoints, new_backend))
    yield Experiment("schedules", partial(_schedules_at, new_backend, seed, SERVER_SCHEDULES))


def _failpoints_at(backend: str, show: ShowProgress) -> Findings:
    with BACKENDS[backend]() as new_backend:
        return _failpoints(new_backend, show)


def _failpoints(new_backend: BackendFactory, show: ShowProgress) -> Findings:
    number, violations = 0, []
    with captured_log() as log:
        for number, result in enumerate(failpoints(new_backend, log), start=1):
            show(f"failpoint {number:,}: {result}")
            if result.violation:
                violations.append("\n    ".join([f"{result} breaks {result.violation}", *result.history]))
    return Findings(f"{number:,} of them, {len(violations)} broke an invariant", tuple(violations))


def _schedules(backend: str, seed: int, number: int, show: ShowProgress) -> Findings:
    """Run on all cores."""
    total, chunk = Totals(), min(number, _CHUNKS[backend])
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        tasks = [pool.submit(explore_on, backend, first, chunk) for first in range(seed, seed + number, chunk)]
        for task in as_completed(tasks):
            total += task.result()
            show(f"schedule {total.schedules:,} of {number:,}")
    return _findings(total, seed)


def _schedules_at(new_backend: BackendFactory, seed: int, number: int, show: ShowProgress) -> Findings:
    total = Totals()
    for one in explore_seeds(new_backend, range(seed, seed + number)):
        total += one
        show(f"schedule {total.schedules:,} of {number:,}")
    return _findings(total, seed)


def _findings(total: Totals, seed: int) -> Findings:
    return Findings(f"{total}, from seed {seed}", total.failures)


def _http_calls(seed: int, show: ShowProgress) -> Findings:
    show(f"{EXAMPLES} examples of {_STEPS} steps")
    try:
        return Findings(run_http_machine(seed, EXAMPLES, _STEPS).summary)
    except Exception as error:  # noqa: BLE001 - any error of a step is a finding
        return Findings("a step failed", (f"seed {seed}: {error!r}\n" + "\n".join(getattr(error, "__notes__", [])),))


def _history(name: str, seed: int, show: ShowProgress) -> Findings:
    show(f"{CLIENTS} clients for {SECONDS:.0f} seconds and more")
    log = logging.getLogger("quotehold")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with TemporaryDirectory() as folder, running_postgresql(Path(folder) / "sql") as server:
            server.create_database("quotes")
            database = PostgresqlBackend(server, "quotes")
            report = HISTORIES[name](Path(folder) / "store", database, seed, CLIENTS, SECONDS)
    finally:
        log.setLevel(level)
    return Findings(report.figure, tuple(f"seed {seed}: {violation}" for violation in report.violations))


def _find_mutant(mutant: Mutant, seed: int, show: ShowProgress) -> Findings:
    show("looking for it")
    result = search_for(mutant, seed, _MUTANT_SCHEDULES)
    if result.invariant:
        summary = f"found by {result.found_by}; invariant {result.invariant.value}; {result.detail[:_MAX_DETAIL]}"
    else:
        summary = "not found" if mutant.breaks else "not found: no safety device"
    return Findings(summary, () if result.is_expected else (summary,))
