"""The database at a URL: its pool, its dialect, and its limits."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.sql.dialect import Dialect
from adapters.sql.mysql import MysqlDialect, mysql_pool
from adapters.sql.pool import ProcessPool, Slots
from adapters.sql.postgresql import PostgresqlDialect, postgresql_pool
from adapters.sql.sqlite import SqliteDialect, sqlite_pool
from adapters.sql.timeouts import SERVICE, Timeouts
from adapters.sql.url import DatabaseUrl, parse

POOL_SIZE = 20
POOL_WAIT_S = 2.0
"""Seconds that a request may wait for a connection."""


@dataclass(frozen=True, slots=True)
class SqlDatabase:
    """
    A pool of connections and the dialect of its database. Each use takes one of the `slots`, and waits up to
    `pool_wait_s` seconds for it. `writers` lets transactions take at most half of the slots, so that reads find a
    connection while writers wait for a lock.
    """

    pool: ProcessPool
    dialect: Dialect
    slots: Slots
    writers: Slots
    pool_wait_s: float

    def close(self) -> None:
        """Close every connection of this process; the next use opens new ones."""
        self.pool.close_all()


def open_database(
    url: str, *, pool_size: int = POOL_SIZE, pool_wait_s: float = POOL_WAIT_S, timeouts: Timeouts = SERVICE
) -> SqlDatabase:
    """
    Return the database at this URL. Its first use opens the first connection.

    Raises: ValueError (the service cannot use this URL)
    """
    pool, dialect = _pool(parse(url), pool_size, timeouts)
    return SqlDatabase(pool, dialect, Slots(pool_size), Slots(max(1, pool_size // 2)), pool_wait_s)


def _pool(url: DatabaseUrl, size: int, timeouts: Timeouts) -> tuple[ProcessPool, Dialect]:
    match url.kind:
        case "sqlite":
            return sqlite_pool(url, size=size), SqliteDialect()
        case "postgresql":
            return postgresql_pool(url, size=size, timeouts=timeouts), PostgresqlDialect()
        case "mysql":
            return mysql_pool(url, size=size, timeouts=timeouts), MysqlDialect()
