"""PostgreSQL, by psycopg 3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from peewee import PostgresqlDatabase
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo
from psycopg.types.string import TextLoader

from adapters.sql.dialect import Dialect, Fault, cause
from adapters.sql.pool import MOST_AGE, ProcessPool
from adapters.sql.timeouts import Timeouts
from adapters.sql.url import DatabaseUrl

T = TypeVar("T")

_TRY_AGAIN = ("40001", "40P01")
"""Serialization failure, deadlock."""
_LOST = ("08", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "25006", "0A000")
"""
Connection errors; a server that shuts down, has crashed or is starting; an idle session or transaction that the server
ended; a server that has become a standby; a statement that was prepared before a table changed.
"""
_REFUSED = ("22", "54")
"""Data that the type does not take; a limit of the server."""
_MIGRATIONS = 0x51_75_6F_74_65
"""The advisory lock of migrations, the bytes of `Quote`. It belongs to one database."""


class _Connection(psycopg.Connection[tuple[Any, ...]]):
    """
    A connection that gives up a silent server: a hung one obeys none of its own time-outs, and its kernel answers.
    """

    silence_s: float | None = None

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        return super().wait(gen, interval, self.silence_s if timeout is None else timeout)


class _Pool(ProcessPool, PostgresqlDatabase):
    """
    A pool that does not ping the server before a transaction: if the connection is lost, the transaction is repeated.
    """

    silence_s: float | None

    def _open(self) -> _Connection:
        connection = _Connection.connect(self.database, autocommit=True, **self.connect_params)
        connection.silence_s = self.silence_s
        # Load JSON as its text: member order and numbers would not survive Python's own types.
        connection.adapters.register_loader("json", TextLoader)
        return connection

    def _is_closed(self, connection: _Connection) -> bool:
        return connection.closed


def postgresql_pool(url: DatabaseUrl, *, size: int, timeouts: Timeouts) -> ProcessPool:
    """Return a pool for the database at this URL."""
    pool = _Pool(
        _conninfo(url),
        max_connections=size,
        stale_timeout=MOST_AGE,
        field_types={"JSON": "JSON"},  # peewee uses JSONB, which neither keeps the order nor takes \u0000
        connect_timeout=timeouts.connect,
        application_name="quotehold",
        client_encoding="utf8",
        keepalives_idle=timeouts.keepalive,
        keepalives_interval=timeouts.keepalive,
        keepalives_count=2,
        options=_options(timeouts),
    )
    pool.silence_s = timeouts.silence_s
    return pool


class PostgresqlDialect(Dialect):
    driver_error = psycopg.Error

    def fault(self, error: Exception) -> Fault:
        match cause(error):
            case psycopg.Error(sqlstate=str(state)):
                return _fault_of(state)
            case psycopg.IntegrityError():
                return Fault.CONFLICT
            case psycopg.DataError():
                return Fault.REFUSED
            # A time-out is a subclass, and not LOST: a server that was silent once is not asked again.
            case psycopg.OperationalError() as lost if type(lost) is psycopg.OperationalError:
                return Fault.LOST
            case _:
                return Fault.OUTAGE

    def sentence(self, error: Exception) -> str:
        match cause(error):
            # DETAIL and CONTEXT quote the row.
            case psycopg.Error(sqlstate=str(state), diag=diagnosis):
                return f"{state} {diagnosis.message_primary}"
            case original:
                return " ".join(f"{type(original).__name__}: {original}".split())

    @contextmanager
    def migrating(self, pool: ProcessPool) -> Iterator[None]:
        pool.connect()
        try:
            pool.execute_sql("SET lock_timeout = 0")
            pool.execute_sql("SELECT pg_advisory_lock(%s)", (_MIGRATIONS,))
            # Limit the wait for the tables' own locks again: everybody queues behind a waiting migration.
            pool.execute_sql("RESET lock_timeout")
            yield
        finally:
            self.discard(pool, pool.connection())


def _conninfo(url: DatabaseUrl) -> str:
    """
    Return the URL as libpq's parameters. libpq tries several hosts in turn, each with the port at the same position.
    """
    address = {
        "host": ",".join(host for host, _ in url.hosts),
        "port": ",".join(str(port or "") for _, port in url.hosts),
        "user": url.username,
        "password": url.password,
    }
    given = {name: value for name, value in address.items() if value}
    return make_conninfo(dbname=url.name, **given, **url.options)


def _fault_of(state: str) -> Fault:
    if state in _TRY_AGAIN:
        return Fault.TRANSIENT
    if state.startswith("23"):
        return Fault.CONFLICT
    if state.startswith(_LOST):
        return Fault.LOST
    return Fault.REFUSED if state.startswith(_REFUSED) else Fault.OUTAGE


def _options(timeouts: Timeouts) -> str:
    """
    Return the options of the session. The server's keep-alive detects a client that is gone while the server waits.
    """
    times = {
        "statement_timeout": timeouts.statement,
        "lock_timeout": timeouts.lock,
        "idle_in_transaction_session_timeout": timeouts.idle_transaction,
    }
    options = {name: str(round(seconds * 1000)) for name, seconds in times.items()} | {
        "tcp_keepalives_idle": str(timeouts.keepalive),
        "tcp_keepalives_interval": str(timeouts.keepalive),
        "tcp_keepalives_count": "2",
        "default_transaction_isolation": r"read\ committed",
    }
    return " ".join(f"-c {name}={value}" for name, value in options.items())
