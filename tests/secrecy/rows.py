"""What stands in the databases of a SQL server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Protocol

import psycopg
import pymysql

from tests.secrecy.ledger import Source
from tests.secrecy.watch import Watch, current

STATEMENTS = "statements.log"
"""The file in which a server has every statement, where it is to be searched."""
_TABLES = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
AND '{database}' IN (table_catalog, table_schema)
"""


class Server(Protocol):
    quote: str
    """Stands around a name."""

    def connect(self, database: str | None) -> Any: ...


def keep_rows(server: Server, database: str, kept: Watch | None = None) -> None:
    """
    All rows of all tables, for the search of this run unless another is named; a database that cannot be asked any
    more is counted.
    """
    if not (watch := kept or current()):
        return
    watch.figures["databases"] += 1
    try:
        with closing(server.connect(database)) as connection, connection.cursor() as cursor:
            _keep(watch, server, database, cursor)
    except (psycopg.Error, pymysql.Error):
        watch.figures["databases that could not be asked"] += 1


def _keep(watch: Watch, server: Server, database: str, cursor: Any) -> None:
    cursor.execute(_TABLES.format(database=database))
    for schema, table in cursor.fetchall():
        where = ".".join(f"{server.quote}{name}{server.quote}" for name in (schema, table))
        cursor.execute(f"SELECT * FROM {where}")  # noqa: S608 - the server's own words
        watch.figures["tables"] += 1
        watch.figures["rows"] += watch.keep(Source.ROWS, f"{database}.{table}", map(_text, cursor.fetchall()))


def _text(row: tuple[Any, ...]) -> bytes:
    return b"\t".join(_texts(row))


def _texts(row: tuple[Any, ...]) -> Iterator[bytes]:
    for value in row:
        if isinstance(value, bytes):
            yield value
        elif isinstance(value, dict | list):
            yield json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        else:
            yield str(value).encode("utf-8", "surrogatepass")
