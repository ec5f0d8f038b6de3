"""Each kind of database, and a test's access to it past the adapter: rows, transactions, errors."""

from __future__ import annotations

import abc
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import peewee

from adapters.sql.models import AccountRow, ClaimRow, QuoteRow

COLUMNS = {model._meta.table_name: list(model._meta.columns) for model in (AccountRow, QuoteRow, ClaimRow)}


class SqlBackend(abc.ABC):
    """A database of one test. Its errors are the ones that peewee raises to the adapter."""

    url: str

    @abc.abstractmethod
    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the committed rows, as another connection sees them."""

    @abc.abstractmethod
    def execute(self, sql: str) -> None: ...

    @abc.abstractmethod
    def has_no_transaction(self) -> bool:
        """Tell whether no connection to the database holds a transaction open."""

    @abc.abstractmethod
    def refuse(self, when: str, table: str) -> None:
        """Let the database refuse each row of that table, on INSERT or UPDATE."""

    def allow(self, table: str) -> None:
        """Let the database take the rows of that table again."""
        self.execute("DROP TRIGGER refuse")

    @abc.abstractmethod
    def passing_fault(self) -> Exception:
        """Return an error after which the same transaction may succeed."""

    @abc.abstractmethod
    def outage(self) -> Exception:
        """Return an error after which no transaction succeeds for now."""

    def dicts(self, table: str) -> list[dict[str, Any]]:
        """Return the committed rows of a table."""
        columns = COLUMNS[table]
        return [dict(zip(columns, row, strict=True)) for row in self.fetch(f"SELECT {', '.join(columns)} FROM {table}")]  # noqa: S608 - constants

    def rows(self) -> tuple[int, ...]:
        """Count the committed accounts, claims and quotes."""
        return tuple(self.fetch(f"SELECT count(*) FROM {table}")[0][0] for table in ("account", "claim", "quote"))  # noqa: S608 - as above


class SqliteBackend(SqlBackend):
    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute(sql)

    def has_no_transaction(self) -> bool:
        with closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            return True

    def refuse(self, when: str, table: str) -> None:
        self.execute(f"CREATE TRIGGER refuse BEFORE {when} ON {table} BEGIN SELECT RAISE(ABORT, 'too deep'); END")

    def passing_fault(self) -> Exception:
        return peewee.OperationalError("database is locked")

    def outage(self) -> Exception:
        return peewee.OperationalError("disk I/O error")
