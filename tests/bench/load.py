"""
The load, in a process of its own, so that its CPU time is in no measured account.

A closed loop: each connection is kept alive and has one request in flight. A job comes as JSON on standard input, its
outcome goes as JSON to standard output; bytes travel as Latin-1.
"""

from __future__ import annotations

import json
import selectors
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import cycle
from statistics import quantiles

from tests.bench.connection import SILENCE, Connection, Unexpected
from tests.bench.cpu import cpu_seconds


@dataclass(frozen=True, slots=True)
class Job:
    """
    Requests, and the status that every answer must have.

    The load is measured for `seconds` after `warm_up`. Without `seconds`, each request is sent once and all bodies are
    kept. `processes` are the ids of the measured processes by the name of their account.
    """

    address: tuple[str, int]
    status: int
    requests: list[str]
    once: bool
    connections: int
    seconds: float | None = None
    warm_up: float = 0.0
    processes: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """The measurements: latencies in seconds, CPU time in seconds by account."""

    requests: int = 0
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    bodies: list[str] = field(default_factory=list)


class Window:
    """The time in which answers count; it begins now."""

    def __init__(self, processes: dict[str, int]) -> None:
        self._processes = processes
        self._latencies: list[float] = []
        self._cpu = self._read()
        self._began = time.perf_counter()

    def count(self, connection: Connection) -> None:
        self._latencies.append(time.perf_counter() - connection.sent_at)

    def close(self) -> Outcome:
        """
        End the window, and return its measurements.

        Raises: Unexpected
        """
        seconds = time.perf_counter() - self._began
        # Not below 0: the time of a process that ended meanwhile is counted in whole ticks.
        cpu = {name: max(0.0, spent - self._cpu[name]) for name, spent in self._read().items()}
        if len(self._latencies) < 2:
            raise Unexpected("Too few answers to measure anything: give it more seconds.")
        percentiles = quantiles(self._latencies, n=100, method="inclusive")
        return Outcome(len(self._latencies), seconds, percentiles[49], percentiles[98], cpu)

    def _read(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self._processes.items()}


class Load:
    """Sends a job's requests over its connections."""

    def __init__(self, job: Job) -> None:
        self._job = job
        requests = [text.encode("latin-1") for text in job.requests]
        self._requests: Iterator[bytes] = iter(requests) if job.once else cycle(requests)
        self._bodies: list[str] = []

    def run(self) -> Outcome:
        """
        Do the job, and return its outcome.

        Raises: Unexpected
        """
        with selectors.DefaultSelector() as selector, ExitStack() as stack:
            for _ in range(self._job.connections):
                connection = Connection(self._job.address, self._job.status)
                stack.enter_context(connection.socket)
                if self._send_next(connection):
                    selector.register(connection.socket, selectors.EVENT_READ, connection)
            if self._job.seconds is None:
                self._drain(selector, keep=True)
                return Outcome(requests=len(self._bodies), bodies=self._bodies)
            return self._measured(selector, self._job.seconds)

    def _measured(self, selector: selectors.BaseSelector, seconds: float) -> Outcome:
        self._exchange_for(self._job.warm_up, selector, None)
        window = Window(self._job.processes)
        self._exchange_for(seconds, selector, window)
        outcome = window.close()
        self._requests = iter(())
        self._drain(selector)
        return outcome

    def _exchange_for(self, seconds: float, selector: selectors.BaseSelector, window: Window | None) -> None:
        """Exchange for that time, or until a connection has no request left, since the load would then change."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and len(selector.get_map()) == self._job.connections:
            for connection, _ in self._exchange(selector):
                if window:
                    window.count(connection)

    def _drain(self, selector: selectors.BaseSelector, *, keep: bool = False) -> None:
        while selector.get_map():
            for _, body in self._exchange(selector):
                if keep:
                    self._bodies.append(body.decode("latin-1"))

    def _exchange(self, selector: selectors.BaseSelector) -> Iterator[tuple[Connection, bytes]]:
        """Yield the received answers, and send the next request after each."""
        ready = selector.select(SILENCE)
        if not ready:
            raise Unexpected(f"No answer within {SILENCE:.0f} s.")
        for key, _ in ready:
            connection: Connection = key.data
            body = connection.receive()
            if body is None:
                continue
            yield connection, body
            if not self._send_next(connection):
                selector.unregister(connection.socket)

    def _send_next(self, connection: Connection) -> bool:
        request = next(self._requests, None)
        if request is None:
            return False
        connection.send(request)
        return True


def main() -> None:
    """Do the job on standard input."""
    given = json.load(sys.stdin)
    try:
        outcome = Load(Job(**given | {"address": tuple(given["address"])})).run()
    except (Unexpected, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    json.dump(asdict(outcome), sys.stdout)


if __name__ == "__main__":
    main()
