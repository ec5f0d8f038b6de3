"""The rows of all tables of a SQL server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

import psycopg
import pymysql

from tests.secrecy.ledger import Source
from tests.secrecy.watch import Watch, current

STATEMENTS = "statements.log"
"""The file in which a server logs every statement, for the search."""


class Server(Protocol):
    quote: str
    """The character that quotes a name."""
    columns: str
    """A statement: the schema, table, name and type of each column of a database, table by table."""

    def connect(self, database: str | None) -> Any: ...


def keep_rows(server: Server, database: str, into: Watch | None = None) -> None:
    """
    Save all rows of all tables for the search of this run, or for that of `into`.

    A database that no longer answers is counted.
    """
    if not (watch := into or current()):
        return
    watch.figures["databases"] += 1
    try:
        with closing(server.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(server.columns)
            for table, columns in groupby(cursor.fetchall(), itemgetter(0, 1)):
                watch.figures["tables"] += 1
                cursor.execute(_rows(server.quote, table, [column[2:] for column in columns]))
                watch.figures["rows"] += watch.keep(Source.ROWS, ".".join(table), _texts(cursor))
    except (psycopg.Error, pymysql.Error):
        watch.figures["databases that could not be asked"] += 1


def _rows(quote: str, table: tuple[str, ...], columns: list[tuple[str, str]]) -> str:
    """Return a statement that selects each row as one text."""
    values = ", ".join(_value(f"{quote}{name}{quote}", kind) for name, kind in columns)
    whose = ".".join(f"{quote}{name}{quote}" for name in table)
    return f"SELECT concat_ws('\t', {values}) FROM {whose}"  # noqa: S608 - the server's own words


def _value(column: str, kind: str) -> str:
    """Return the column as readable text, which PostgreSQL would write in hex."""
    return f"encode({column}, 'escape')" if kind == "bytea" else column


def _texts(cursor: Any) -> Iterator[bytes]:
    for (text,) in cursor.fetchall():
        yield text if isinstance(text, bytes) else text.encode()
