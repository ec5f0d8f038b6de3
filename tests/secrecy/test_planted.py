"""
Secrets planted in places where none may be.

Each is found at once by the test's own search, and again by the search at the end of the run, which fails the run if it
misses one.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.cluster import RedisCluster

from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_server_backends import SqlServerBackend
from tests.contract.support.store_backends import RedisBackend
from tests.secrecy.ledger import Kind, Ledger, Source
from tests.secrecy.rows import keep_rows
from tests.secrecy.search import search
from tests.secrecy.stores import keep_store
from tests.secrecy.watch import Watch
from tests.servers.process import or_skip
from tests.servers.valkey import running_valkey

_LATEST = 100
"""The number of latest commands to search, since the server has the commands of all tests."""


@dataclass
class Planter:
    """Plants secrets for a test. `own` is the watch of that test alone, in its folder."""

    ledger: Ledger
    own: Watch

    def plant(self, kind: Kind, source: Source) -> str:
        secret = self.ledger.plant(kind, source)
        self.own.ledger.note(kind, secret)
        return secret

    def assert_found(self, *sources: Source) -> None:
        """Check that the search finds each secret, in exactly these sources."""
        leaks = search(self.own).leaks
        assert [
            secret for secret in self.own.ledger.secrets if not any(f" {secret[:6]}…" in leak for leak in leaks)
        ] == []
        assert {source for source in Source if any(f" in {source}, " in leak for leak in leaks)} == set(sources)


@pytest.fixture
def planter(ledger: Ledger, tmp_path: Path) -> Planter:
    return Planter(ledger, Watch(tmp_path, Ledger()))


def test_in_a_key_a_value_and_the_slow_log_of_every_store(planter: Planter, redis_backend: RedisBackend) -> None:
    name, value = (planter.plant(kind, Source.KEYS) for kind in (Kind.ACCESS_TOKEN, Kind.PASSWORD))
    redis_backend.admin.set(f"planted:{name}", f"held by {value}", ex=86400)
    redis_backend.admin.get(f"planted:{planter.plant(Kind.QUOTE_TOKEN, Source.SLOWLOG)}")
    admin = redis_backend.admin
    clients = [node.redis_connection for node in admin.get_primaries()] if isinstance(admin, RedisCluster) else [admin]
    for client in clients:
        keep_store(client, "store", planter.own, commands=_LATEST)
    planter.assert_found(Source.KEYS, Source.SLOWLOG)


def test_in_a_value_that_was_deleted_again(planter: Planter, tmp_path: Path) -> None:
    with or_skip(running_valkey(tmp_path / "valkey")) as server, closing(Redis.from_url(server.url)) as client:
        client.set("planted", planter.plant(Kind.QUOTE_TOKEN, Source.APPENDED), ex=60)
        client.delete("planted")
    planter.assert_found(Source.APPENDED)


def test_in_a_row_of_every_database(planter: Planter, sql_backend: SqlBackend) -> None:
    secret = planter.plant(Kind.PASSWORD, Source.ROWS if isinstance(sql_backend, SqlServerBackend) else Source.SQLITE)
    sql_backend.execute("CREATE TABLE planted (number int, note varchar(200))")
    sql_backend.execute(f"INSERT INTO planted VALUES (7, 'it is {secret}')")  # noqa: S608 - hex and words
    if isinstance(sql_backend, SqlServerBackend):
        keep_rows(sql_backend.server, sql_backend.name, planter.own)
    planter.assert_found(Source.ROWS if isinstance(sql_backend, SqlServerBackend) else Source.SQLITE)


def test_in_a_row_that_was_deleted_again(ledger: Ledger, sql_backend: SqlBackend) -> None:
    if not isinstance(sql_backend, SqlServerBackend):
        return  # SQLite has no log of statements
    secret = ledger.plant(Kind.QUOTE_TOKEN, Source.STATEMENTS)
    sql_backend.execute("CREATE TABLE planted (note varchar(200))")
    with sql_backend.open_connection() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO planted VALUES (%s)", [secret])
        cursor.execute("DELETE FROM planted")


def test_in_the_output_of_a_process(planter: Planter, tmp_path: Path) -> None:
    tmp_path.joinpath("data.output").write_text(f"POST /v1/quotes?key={planter.plant(Kind.QUOTE_TOKEN, Source.OUTPUT)}")
    planter.assert_found(Source.OUTPUT)


def test_in_the_log_of_a_logger_that_does_not_propagate(ledger: Ledger) -> None:
    log = logging.getLogger("tests.secrecy.alone")
    log.propagate = False
    log.debug("the session is %s", ledger.plant(Kind.ACCESS_TOKEN, Source.LOG))


def test_in_the_log_of_an_error(ledger: Ledger) -> None:
    try:
        raise ValueError(ledger.plant(Kind.PASSWORD, Source.LOG))
    except ValueError:
        logging.getLogger("quotehold").exception("the password was not taken")
