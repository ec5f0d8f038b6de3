"""The worker processes of a running `quotes serve`, its Valkey, and measurements of both."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from redis import Redis

from entrypoints.processes.embedded_valkey import URL_FILE
from tests.support.running_service import Service

MIB = 1024 * 1024
_BETWEEN_TWO_LOOKS = 0.005
"""Seconds between two measurements of memory."""


def workers(service: Service) -> list[psutil.Process]:
    """Return the children of gunicorn's own process."""
    [web] = [
        child for child in psutil.Process(service.process.pid).children() if "gunicorn" in " ".join(child.cmdline())
    ]
    return web.children()


def valkey_of(folder: Path) -> Redis:
    """Return a client of the Valkey of the service with that data folder."""
    return Redis.from_url((folder / URL_FILE).read_text().strip())


class Memory:
    """The memory of a process in bytes: the first value, and the highest value while it was watched."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.first = self.most = self._now()

    def look(self) -> None:
        self.most = max(self.most, self._now())

    @property
    def growth(self) -> int:
        return self.most - self.first

    def _now(self) -> int:
        return int(self._process.memory_info().rss)


@contextmanager
def watched(process: psutil.Process) -> Iterator[Memory]:
    """Watch the process during the block, often enough to see a short peak."""
    memory, ended = Memory(process), threading.Event()

    def watch() -> None:
        while not ended.wait(_BETWEEN_TWO_LOOKS):
            memory.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()
        memory.look()


class Latencies:
    """The latencies of a request that a client repeats without a pause."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def most(self) -> float:
        return max(self.seconds)

    def __str__(self) -> str:
        return f"median {self.median * 1000:.1f} ms, at most {self.most * 1000:.0f} ms of {len(self.seconds)}"


@contextmanager
def neighbour(call: Callable[[], object]) -> Iterator[Latencies]:
    """Repeat a call on another thread during the block, and measure it; its error fails the test."""
    latencies, ended, failures = Latencies(), threading.Event(), []

    def run() -> None:
        try:
            while not ended.is_set():
                began = time.monotonic()
                call()
                latencies.seconds.append(time.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - raised below, in the test's own thread
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield latencies
    finally:
        ended.set()
        thread.join()
    if failures:
        raise failures[0]
