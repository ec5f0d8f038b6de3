"""The service's use cases over real servers, for tests that race on those servers or break them."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from redis import Redis

from adapters.redis.quotes import RedisQuoteStore
from adapters.sql.claims import SqlClaims
from adapters.sql.database import SqlDatabase
from domain.model import Applicant, QuoteId
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from entrypoints.bootstrap import bootstrap, migrate
from entrypoints.processes.embedded_valkey import EmbeddedValkey
from entrypoints.services import Services
from entrypoints.settings.settings import Settings
from tests.contract.support.sql_backends import SqlBackend, SqliteBackend
from tests.doubles.hashers import with_fast_hashes
from tests.servers.valkey import running_valkey

T = TypeVar("T")

KEYRING = f"k1:{base64.b64encode(bytes(32)).decode()}"


@dataclass
class RealService:
    """The service on a store and a database, with a fast password hasher."""

    sql: SqlBackend
    services: Services

    def start(self) -> Started:
        return self.services.start_quote("motor", {"vehicle": {"make": "Seat"}})

    def register(self, quote: Started, who: Applicant) -> Registered:
        return self.services.register_and_claim(quote.quote_id, quote.token, who)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.sql.dicts(table)

    def claim(self, quote_id: QuoteId) -> dict[str, Any]:
        return next(row for row in self.rows("claim") if row["quote_id"] == quote_id)

    @property
    def pool(self) -> SqlDatabase:
        return sql_of(self.services)


@dataclass
class ServiceOnOwnValkey(RealService):
    """The service on a Valkey of this test alone, which may be broken."""

    server: EmbeddedValkey

    @property
    def admin(self) -> Redis:
        return Redis.from_url(self.server.url)

    def server_process(self) -> int:
        return int(self.admin.info("server")["process_id"])

    def url_as(self, user: str, password: str) -> str:
        return f"unix://{user}:{password}@{urlsplit(self.server.url).path}"

    def connected_as(self, user: str, password: str) -> AbstractContextManager[Services]:
        """Connect the service to the same servers, as another user of Valkey."""
        return connected({"QUOTES_REDIS_URL": self.url_as(user, password)}, self.sql)


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[ServiceOnOwnValkey]:
    """The service on a Valkey and an SQLite database of this test alone."""
    with running_valkey(tmp_path / "data") as server:
        sql = SqliteBackend(tmp_path / "quotes.db")
        with connected({"QUOTES_REDIS_URL": server.url}, sql) as services:
            yield ServiceOnOwnValkey(sql, services, server)


@contextmanager
def connected(store: Mapping[str, str], sql: SqlBackend, database_url: str = "") -> Iterator[Services]:
    """
    Run the service with these settings for its store, on that database, which gets its tables.

    `database_url` is another way to the database.
    """
    environ = {"QUOTES_DATABASE_URL": sql.url, "QUOTES_SECRET_KEYS": KEYRING, **store}
    migrate(Settings.from_environ(environ))
    services = bootstrap(Settings.from_environ(environ | {"QUOTES_DATABASE_URL": database_url or sql.url}))
    try:
        yield with_fast_hashes(services)
    finally:
        store_of(services)._client.close()
        sql_of(services).close()


def store_of(services: Services) -> RedisQuoteStore:
    quotes = services.start_quote.quotes
    assert isinstance(quotes, RedisQuoteStore)
    return quotes


def sql_of(services: Services) -> SqlDatabase:
    claims = services.register_and_claim.claims
    assert isinstance(claims, SqlClaims)
    return claims.transactions.database


def race(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Start all calls at the same moment, on a thread each; return their results and errors, in their order."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        barrier.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - it is the answer
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
