"""The whole benchmark, from the servers' start to all its figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench import memory, nest, roundtrips
from tests.bench.environment import Environment, running_environment
from tests.bench.generator import ask, measure
from tests.bench.load import Outcome
from tests.bench.machine import facts
from tests.bench.processes import Web
from tests.bench.requests import Api, Operation, Peer, Sample, Service, Started, samples

QUOTES_ASKED = 1000
"""The number of different quotes that saves, reads and merges take in turn."""
_MOST_CLAIMS = {"claim": 150, "claim, unhashed": 1500, "peer claim": 2500}
"""Claims per second and worker, more than any machine does. Each claim needs a quote of its own."""

Figures = dict[str, float]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds` are for each operation in each round; `quotes` is the number to store for the measure of memory."""

    seconds: float = 3.0
    rounds: int = 3
    workers: int = 1
    quotes: int = 100_000
    seed: int = 2026
    with_peer: bool = True

    @property
    def warm_up(self) -> float:
        return min(1.0, self.seconds / 3)


def run(options: Options, progress: Progress) -> dict[str, Any]:
    """
    Measure everything, and return the report, ready for JSON.

    Raises: ServerMissing, LoadFailed
    """
    missing = _build_peer(progress) if options.with_peer else "not asked for"
    with (
        TemporaryDirectory(prefix="bench-") as name,
        running_environment(Path(name), options.workers, with_peer=not missing) as servers,
    ):
        report: dict[str, Any] = {"machine": facts(servers), "options": asdict(options), "peer": missing or "measured"}
        given = samples(QUOTES_ASKED, options.seed)
        progress("counting round trips")
        report["turns"] = {name: turns._asdict() for name, turns in roundtrips.count(servers, given).items()}
        report["operations"] = _Rounds(servers, options, given, progress).measured()
        if options.quotes:
            progress(f"storing {options.quotes:,} quotes, twice")
            report["memory"] = memory.measure(servers.folder, samples(options.quotes, options.seed))
    return report


def _build_peer(progress: Progress) -> str | None:
    progress("building the peer")
    try:
        nest.build()
    except nest.PeerMissing as error:
        return str(error)
    return None


class _Rounds:
    """Rounds of all operations, so that a temporary disturbance of the machine affects all operations alike."""

    def __init__(self, servers: Environment, options: Options, given: list[Sample], progress: Progress) -> None:
        self._servers = servers
        self._options = options
        self._given = given
        self._progress = progress
        self._figures: dict[str, list[Figures]] = defaultdict(list)

    def measured(self) -> dict[str, dict[str, Any]]:
        """Return the medians by operation, and the figures of each round."""
        sides: list[tuple[Web, Api, str]] = [(self._servers.service, Service(), "")]
        if self._servers.peer:
            sides.append((self._servers.peer, Peer(), "peer "))
        quotes = [ask(app.address, api.start(self._given)) for app, api, _ in sides]
        for number in range(1, self._options.rounds + 1):
            self._progress(f"round {number} of {self._options.rounds}")
            for side, asked in zip(sides, quotes, strict=True):
                self._round(*side, asked)
            self._claims(self._servers.unhashed, Service(), "claim, unhashed")
        return {name: _medians(rounds) | {"rounds": rounds} for name, rounds in self._figures.items()}

    def _round(self, app: Web, api: Api, prefix: str, quotes: list[Started]) -> None:
        operations = [api.start(self._given), api.save(quotes, self._given), api.get(quotes)]
        if isinstance(api, Service):
            operations.append(api.merge(quotes))
        for operation in operations:
            self._measure(app, operation, prefix + operation.name)
        self._claims(app, api, f"{prefix}claim")

    def _claims(self, app: Web, api: Api, name: str) -> None:
        wanted = round(_MOST_CLAIMS[name] * self._options.workers * (self._options.seconds + self._options.warm_up))
        starts = api.start(self._given)
        requests = (starts.requests * (wanted // len(starts.requests) + 1))[:wanted]
        quotes = ask(app.address, Operation(starts.name, starts.status, requests))
        self._measure(app, api.claim(quotes), name)

    def _measure(self, app: Web, operation: Operation, name: str) -> None:
        outcome = measure(
            app.address, operation, self._servers.measured_processes(app), self._options.seconds, self._options.warm_up
        )
        self._figures[name].append(_figures(outcome))


def _figures(outcome: Outcome) -> Figures:
    costs = {f"{name}_us": spent / outcome.requests * 1e6 for name, spent in outcome.cpu.items()}
    return costs | {
        "per_second": outcome.requests / outcome.seconds,
        "p50_ms": outcome.p50 * 1e3,
        "p99_ms": outcome.p99 * 1e3,
        "requests": outcome.requests,
    }


def _medians(rounds: list[Figures]) -> Figures:
    return {name: median(figures[name] for figures in rounds) for name in rounds[0]}
