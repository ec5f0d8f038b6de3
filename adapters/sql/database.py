"""The database that a URL names."""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore
from urllib.parse import unquote, urlsplit

from playhouse.pool import PooledDatabase

from adapters.sql.dialect import Dialect
from adapters.sql.sqlite import SqliteDialect, sqlite_pool

POOL_SIZE = 20
POOL_WAIT = 2.0
"""Seconds that a request may wait for a connection."""


@dataclass(frozen=True, slots=True)
class SqlDatabase:
    """
    A pool of connections, and how to talk to what is behind it. `writers` lets at most half of the pool be taken by
    transactions, so that reads find a connection while writers wait for a lock.
    """

    pool: PooledDatabase
    dialect: Dialect
    writers: BoundedSemaphore

    def close(self) -> None:
        """Close every connection of this process; the next use opens new ones."""
        self.pool.close_all()


def open_database(url: str, *, pool_size: int = POOL_SIZE, pool_wait: float = POOL_WAIT) -> SqlDatabase:
    """
    The database at this URL; nothing is opened before its first use.

    Raises: ValueError, for a URL that names no database this service can use
    """
    parts = urlsplit(url)
    # Three slashes: the third ends the (empty) host and is no part of the path.
    path = unquote(parts.path)[1:]
    is_usable = url.startswith("sqlite:///") and not parts.query and not parts.fragment
    if not is_usable or path in ("", ":memory:"):
        raise ValueError("The database URL must be sqlite:///relative/path.db or sqlite:////absolute/path.db.")
    writers = BoundedSemaphore(max(1, pool_size // 2))
    return SqlDatabase(sqlite_pool(path, size=pool_size, wait=pool_wait), SqliteDialect(), writers)
