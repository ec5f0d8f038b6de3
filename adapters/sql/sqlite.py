"""SQLite: one file, one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee
from peewee import SqliteDatabase

from adapters.sql.dialect import Dialect, Fault, cause
from adapters.sql.pool import ProcessPool
from adapters.sql.retries import wait_for_lock
from adapters.sql.url import DatabaseUrl

_PRAGMAS = {
    # 0: a wait inside SQLite would stop a whole gevent worker. The service waits for locks in Python.
    "busy_timeout": 0,
    "journal_mode": "wal",
    # Full: a commit that was acknowledged must survive a power cut.
    "synchronous": "full",
    "foreign_keys": 1,
    # Deleted data is overwritten: an erased customer must be gone from the file. Some builds do so by default.
    "secure_delete": 1,
    # The write-ahead log holds old pages. It is truncated when it begins anew, not kept to be written over.
    "journal_size_limit": 0,
}
_MIGRATION_LOCK_WAIT_S = 10
"""Seconds for which a migration waits for the service's writers."""


class _Pool(ProcessPool, SqliteDatabase):
    """Connections that any thread may use, one at a time."""

    def _open(self) -> sqlite3.Connection:
        vendor: Any = SqliteDatabase
        connection: sqlite3.Connection = vendor._connect(self)  # noqa: SLF001 - with the pragmas, as peewee sets them
        return connection


def sqlite_pool(url: DatabaseUrl, *, size: int) -> ProcessPool:
    """Return a pool for the database in this file."""
    return _Pool(
        url.name,
        max_connections=size,
        pragmas=_PRAGMAS,
        # Take the write lock at BEGIN: a transaction that takes it only at its first write cannot wait for it.
        lock_type="IMMEDIATE",
        check_same_thread=False,
        field_types={"JSON": "TEXT"},
    )


class SqliteDialect(Dialect):
    driver_error = sqlite3.Error

    def discard(self, pool: ProcessPool, connection: Any) -> None:
        # SQLite keeps a closed connection and its lock until the last unread cursor is gone. So roll back first.
        with contextlib.suppress(sqlite3.Error):
            connection.rollback()
        super().discard(pool, connection)

    def fault(self, error: Exception) -> Fault:
        match error:
            case peewee.IntegrityError():
                return Fault.CONFLICT
            case peewee.DataError():
                return Fault.REFUSED
            case peewee.OperationalError() | sqlite3.OperationalError() if _speaks_of_a_lock(str(error)):
                return Fault.LOCKED
            case _:
                return Fault.OUTAGE

    def sentence(self, error: Exception) -> str:
        original = cause(error)
        return f"{type(original).__name__}: {original}"

    @contextmanager
    def migrating(self, pool: ProcessPool) -> Iterator[None]:
        # A lock of the system, because SQLite's own would have to be held over several transactions. It is taken
        # before the first connection, because even the change to WAL fails if two processes make it at once.
        path = Path(pool.database)
        with path.with_name(f"{path.name}.migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            wait_for_lock(pool.connect, self, time.monotonic() + _MIGRATION_LOCK_WAIT_S)
            try:
                # A migration runs without gevent, and writers of the running service may hold the lock.
                pool.execute_sql(f"PRAGMA busy_timeout = {_MIGRATION_LOCK_WAIT_S * 1000}")
                yield
            finally:
                self.discard(pool, pool.connection())


def _speaks_of_a_lock(message: str) -> bool:
    return "is locked" in message or "is busy" in message
