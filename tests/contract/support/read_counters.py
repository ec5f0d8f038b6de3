"""Counters of the rows that a database reads for the statements of an adapter."""

from __future__ import annotations

import abc
import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from adapters.sql.database import SqlDatabase

_OFTEN = 6
"""Executions after which PostgreSQL considers a generic plan; it needs five."""
_STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(slots=True)
class Cost:
    """The cost of some statements: reads, in the counter's unit, and how each table was scanned."""

    reads: int = 0
    scans: list[str] = field(default_factory=list)


class ReadCounter(abc.ABC):
    """A counter between the adapter and its pool, on a database of one test alone."""

    unit: str
    each: int
    """Reads that are allowed for each wanted row."""

    def __init__(self, database: SqlDatabase) -> None:
        self.pool: Any = database.pool
        self.execute_sql = self.pool.execute_sql

    def cost(self, work: Callable[[], object]) -> Cost:
        cost = Cost()
        self.pool.execute_sql = lambda statement, params=None: self._counted(cost, statement, params or ())
        try:
            with self.measuring(cost):
                work()
        finally:
            self.pool.execute_sql = self.execute_sql
        assert cost.scans or cost.reads, "no statement was seen"
        return cost

    @contextmanager
    def measuring(self, cost: Cost) -> Iterator[None]:
        yield

    @abc.abstractmethod
    def run(self, cost: Cost, statement: str, params: tuple[Any, ...]) -> Any:
        """Run one statement, and add its cost."""

    def _counted(self, cost: Cost, statement: str, params: tuple[Any, ...]) -> Any:
        if statement.startswith(_STATEMENTS):
            return self.run(cost, statement, params)
        return self.execute_sql(statement, params)


class SqliteReadCounter(ReadCounter):
    unit = "steps of its virtual machine"
    each = 100

    @contextmanager
    def measuring(self, cost: Cost) -> Iterator[None]:
        # Rows are read as they are fetched, so the handler counts on the connection. The idle one is used next.
        def count() -> int:
            cost.reads += 1
            return 0

        with self.pool.connection_context():
            connection = self.pool.connection()
        connection.set_progress_handler(count, 1)
        try:
            yield
        finally:
            connection.set_progress_handler(None, 0)

    def run(self, cost: Cost, statement: str, params: tuple[Any, ...]) -> Any:
        before = cost.reads
        cost.scans += [row[3] for row in self.execute_sql(f"EXPLAIN QUERY PLAN {statement}", params).fetchall()]
        cost.reads = before
        return self.execute_sql(statement, params)


class PostgresqlReadCounter(ReadCounter):
    """
    A counter that explains each statement before it runs it.

    PostgreSQL may give a statement that is sent often another plan, made for any values. The dearer of the two counts.
    """

    unit = "rows"
    each = 3

    def run(self, cost: Cost, statement: str, params: tuple[Any, ...]) -> Any:
        with self._undone(statement):
            plans = [self._plan(statement, params, sent) for sent in (0, _OFTEN)]
        cost.reads += max(sum(map(_rows, plan)) for plan in plans)
        cost.scans += [f"{node['Node Type']} {node.get('Index Name', '')}".rstrip() for plan in plans for node in plan]
        return self.execute_sql(statement, params)

    @contextmanager
    def _undone(self, statement: str) -> Iterator[None]:
        if statement.startswith("SELECT"):
            yield
            return
        self.execute_sql("SAVEPOINT counted")
        yield
        self.execute_sql("ROLLBACK TO SAVEPOINT counted")

    def _plan(self, statement: str, params: tuple[Any, ...], sent: int) -> list[dict[str, Any]]:
        """Return the plan's nodes that scan a table, after the statement was sent so many times."""
        numbers = itertools.count(1)
        numbered = re.sub("%s", lambda _: f"${next(numbers)}", statement)
        values = ", ".join(sql.Literal(value).as_string() for value in params)
        execute = f"EXECUTE counted ({values})" if params else "EXECUTE counted"
        self.execute_sql(f"PREPARE counted AS {numbered}")
        for _ in range(sent):
            self.execute_sql(f"EXPLAIN {execute}")
        [[found]] = self.execute_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {execute}").fetchall()
        self.execute_sql("DEALLOCATE counted")
        plan = json.loads(found) if isinstance(found, str) else found
        return [node for node in _nodes(plan[0]["Plan"]) if node["Node Type"].endswith("Scan")]


class MariadbReadCounter(ReadCounter):
    unit = "reads of a row or a key"
    each = 3

    def run(self, cost: Cost, statement: str, params: tuple[Any, ...]) -> Any:
        if not statement.startswith("INSERT"):  # EXPLAIN of an INSERT claims that everything is read
            cost.scans += [f"{row[3]} {row[5]}" for row in self.execute_sql(f"EXPLAIN {statement}", params).fetchall()]
        before = self._reads()
        cursor = self.execute_sql(statement, params)  # it has read all rows: the driver buffers them
        cost.reads += self._reads() - before
        return cursor

    def _reads(self) -> int:
        return sum(int(value) for _, value in self.execute_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'").fetchall())


READ_COUNTERS: dict[str, type[ReadCounter]] = {
    "sqlite": SqliteReadCounter,
    "postgresql": PostgresqlReadCounter,
    "mariadb": MariadbReadCounter,
}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    # Below a bitmap scan is its index scan, which counts the same rows.
    for child in plan.get("Plans", ()) if plan["Node Type"] != "Bitmap Heap Scan" else ():
        yield from _nodes(child)


def _rows(node: dict[str, Any]) -> int:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    rows: float = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return round(rows)
