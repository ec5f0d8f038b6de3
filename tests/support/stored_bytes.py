"""All bytes of a store or a database, and the traces of one customer in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from redis import Redis
from redis.cluster import RedisCluster

from tests.contract.support.sql_backends import SqlBackend, SqliteBackend

_TABLES = {
    "SqliteBackend": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "PostgresqlBackend": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    "MariadbBackend": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
}


def rows_of(sql: SqlBackend) -> Iterator[bytes]:
    """Yield every value of every row of every table."""
    for (table,) in sql.fetch(_TABLES[type(sql).__name__]):
        for row in sql.fetch(f"SELECT * FROM {table}"):  # noqa: S608 - a name from the catalogue
            yield from map(_bytes, row)


def keys_of(admin: Redis | RedisCluster) -> Iterator[bytes]:
    """Yield every key, and the value of each string; the service stores strings alone, other tests do not."""
    yield from map(bytes, admin.scan_iter("*"))
    for name in admin.scan_iter("*", _type="string"):
        value: Any = admin.get(name)
        yield value or b""  # it may have ended meanwhile


def files_of(sql: SqliteBackend) -> Iterator[bytes]:
    """Yield the database's file and those beside it, with the bytes of deleted rows that pages still hold."""
    found = list(sql.path.parent.glob(f"{sql.path.name}*"))
    assert sql.path in found
    for path in found:
        yield path.read_bytes()


def found(traces: Iterable[str], where: Iterable[bytes]) -> set[str]:
    """Return the traces that occur there, in upper case or lower."""
    everything = b"\n".join(where).decode(errors="replace").casefold()
    return {trace for trace in traces if trace.casefold() in everything}


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    # PostgreSQL's driver reads JSON before anybody sees it.
    return (value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)).encode()
