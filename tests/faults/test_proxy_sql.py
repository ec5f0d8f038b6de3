"""The fault proxy in front of real databases: the fate of a transaction with a fault at its COMMIT."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

from tests.contract.support.sql_backends import SqlBackend
from tests.faults.support.fault_proxy import FaultProxy
from tests.support.waiting import eventually

LOST = (psycopg.OperationalError, pymysql.OperationalError)

pytestmark = pytest.mark.parametrize("sql_backend", ["postgresql", "mariadb"], indirect=True)


@pytest.fixture
def proxy(sql_backend: SqlBackend) -> Iterator[FaultProxy]:
    sql_backend.execute("CREATE TABLE note (id integer PRIMARY KEY)")
    parts = urlsplit(sql_backend.url)
    assert parts.hostname
    assert parts.port
    with FaultProxy((parts.hostname, parts.port)) as proxy:
        yield proxy


@pytest.fixture
def client(sql_backend: SqlBackend, proxy: FaultProxy) -> Iterator[Any]:
    """A connection through the proxy, with an uncommitted row."""
    url = proxy.through(sql_backend.url)
    with closing(psycopg.connect(url) if url.startswith("postgresql:") else mysql_connection(url)) as client:
        with client.cursor() as cursor:
            cursor.execute("INSERT INTO note VALUES (1)")
        yield client


def mysql_connection(url: str) -> pymysql.Connection[Any]:
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 0,
        user=parts.username,
        password=parts.password or "",
        database=parts.path[1:],
        read_timeout=1,
    )


def commit_within_a_second(client: Any) -> None:
    """
    Commit, and wait at most a second for the answer.

    Raises: TimeoutError, or the driver's own error
    """
    if isinstance(client, pymysql.Connection):
        client.commit()
        return
    # psycopg has no time limit for an answer.
    client.pgconn.send_query(b"COMMIT")
    if not select.select([client], [], [], 1)[0]:
        raise TimeoutError


def notes(sql_backend: SqlBackend) -> list[tuple[Any, ...]]:
    return sql_backend.fetch("SELECT id FROM note")


def test_without_a_fault_the_row_is_there(sql_backend: SqlBackend, proxy: FaultProxy, client: Any) -> None:
    assert notes(sql_backend) == []
    client.commit()
    assert notes(sql_backend) == [(1,)]


def test_when_the_reply_to_commit_is_cut_the_row_is_there(
    sql_backend: SqlBackend, proxy: FaultProxy, client: Any
) -> None:
    proxy.cut_reply(b"COMMIT")
    with pytest.raises(LOST):
        client.commit()
    assert proxy.struck == 1
    assert notes(sql_backend) == [(1,)]


def test_when_commit_is_cut_there_is_no_row(sql_backend: SqlBackend, proxy: FaultProxy, client: Any) -> None:
    proxy.cut_request(b"COMMIT")
    with pytest.raises(LOST):
        client.commit()
    assert proxy.struck == 1
    assert eventually(sql_backend.has_no_transaction)
    assert notes(sql_backend) == []


def test_when_commit_is_swallowed_the_server_keeps_the_transaction_open(
    sql_backend: SqlBackend, proxy: FaultProxy, client: Any
) -> None:
    proxy.swallow_request(b"COMMIT")
    with pytest.raises((TimeoutError, *LOST)):
        commit_within_a_second(client)
    assert proxy.struck == 1
    assert not sql_backend.has_no_transaction()
    assert notes(sql_backend) == []
    proxy.heal()
    assert eventually(sql_backend.has_no_transaction)
    assert notes(sql_backend) == []
