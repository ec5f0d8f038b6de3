"""Faults of a SQL database, at the steps that a test names."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from adapters.sql.database import SqlDatabase
from adapters.sql.transactions import Transactions

T = TypeVar("T")


INSERTS = ["INSERT INTO account", "INSERT INTO claim", "INSERT INTO quote"]
"""The statements of a claim."""


class Cut(BaseException):
    """An interruption like gevent.Timeout: not an Exception, and possible at any point."""


@dataclass(slots=True)
class Step:
    """A step that fails `times` times, before it takes effect or after."""

    name: str
    error: Callable[[], BaseException]
    times: int
    takes_effect: bool


@dataclass(slots=True)
class Faults:
    """
    Faults between the adapter and its pool.

    A step is named CONNECT, BEGIN, COMMIT, or by the beginning of its statement; `seen` lists the tried steps.
    """

    database: SqlDatabase
    seen: list[str] = field(default_factory=list)
    watch: Callable[[str], object] = lambda name: None
    _steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        pool: Any = self.database.pool
        for name in ("connect", "begin", "commit"):
            setattr(pool, name, self._around(name.upper(), getattr(pool, name)))
        execute_sql = pool.execute_sql
        pool.execute_sql = lambda sql, params=None: self._take(_unquoted(sql), lambda: execute_sql(sql, params))

    def fail(self, name: str, error: Callable[[], BaseException], times: int = 1) -> None:
        self._steps.append(Step(name, error, times, takes_effect=False))

    def lose_answer(self, name: str, error: Callable[[], BaseException], times: int = 1) -> None:
        self._steps.append(Step(name, error, times, takes_effect=True))

    def at_each(self, name: str, act: Callable[[], object]) -> None:
        """Call `act` before each try of this step."""

        def watch(tried: str) -> None:
            if tried == name:
                act()

        self.watch = watch

    def count(self, name: str) -> int:
        return sum(seen.startswith(name) for seen in self.seen)

    def _around(self, name: str, call: Callable[[], T]) -> Callable[[], T]:
        return lambda: self._take(name, call)

    def _take(self, name: str, call: Callable[[], T]) -> T:
        self.seen.append(name)
        self.watch(name)
        for step in self._steps:
            if step.times and name.startswith(step.name):
                step.times -= 1
                if step.takes_effect:
                    call()
                raise step.error()
        return call()


MANY = 5
"""The number of idle connections: more than a transaction has repeats."""


def _unquoted(sql: str) -> str:
    return sql.replace('"', "").replace("`", "")


def idle_connections(database: SqlDatabase) -> int:
    pool: Any = database.pool
    return len(pool._connections)


def busy_connections(database: SqlDatabase) -> int:
    pool: Any = database.pool
    return len(pool._in_use)


def fill_the_pool(database: SqlDatabase) -> None:
    """Leave idle connections in the pool."""
    together = threading.Barrier(MANY)

    def meet(pool: Any) -> None:
        pool.execute_sql("SELECT 1")
        together.wait(10)

    with ThreadPoolExecutor(MANY) as threads:
        list(threads.map(Transactions(database).read, [meet] * MANY))
    assert idle_connections(database) == MANY
