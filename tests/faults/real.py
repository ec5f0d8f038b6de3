"""The real service's use cases over real servers, for tests that break those servers."""

from __future__ import annotations

import base64
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from redis import Redis

from adapters.embedded.valkey import EmbeddedValkey
from adapters.memory.system import PlainPasswordHasher
from domain.model import Applicant, QuoteId
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from entrypoints.bootstrap import bootstrap, migrate
from entrypoints.services import Services
from entrypoints.settings import Settings
from tests.servers import running_valkey

T = TypeVar("T")


@dataclass
class Real:
    """Valkey and SQLite, of this test alone, and the service on them. Passwords are not hashed: it would only wait."""

    server: EmbeddedValkey
    database: Path
    services: Services

    @property
    def admin(self) -> Redis:
        return Redis.from_url(self.server.url)

    def start(self) -> Started:
        return self.services.start_quote("motor", {"vehicle": {"make": "Seat"}})

    def register(self, quote: Started, who: Applicant) -> Registered:
        return self.services.register_and_claim(quote.quote_id, quote.token, who)

    def rows(self, table: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.database)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608 - a test's own word

    def claim(self, quote_id: QuoteId) -> dict[str, Any]:
        return next(row for row in self.rows("claim") if row["quote_id"] == quote_id)

    def server_process(self) -> int:
        return int(self.admin.info("server")["process_id"])

    def url_as(self, user: str, password: str) -> str:
        return f"unix://{user}:{password}@{urlsplit(self.server.url).path}"

    def connected_as(self, user: str, password: str) -> Services:
        """The service on the same servers, as another user of Valkey."""
        return connected(self.url_as(user, password), self.database)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real]:
    with running_valkey(tmp_path / "data") as server:
        database = tmp_path / "quotes.db"
        yield Real(server, database, connected(server.url, database))


def connected(redis_url: str, database: Path) -> Services:
    settings = Settings.from_environ(
        {
            "QUOTES_REDIS_URL": redis_url,
            "QUOTES_DATABASE_URL": f"sqlite:///{database}",
            "QUOTES_SECRET_KEYS": f"k1:{base64.b64encode(bytes(32)).decode()}",
        }
    )
    migrate(settings)
    services = bootstrap(settings)
    return replace(services, register_and_claim=replace(services.register_and_claim, hasher=PlainPasswordHasher()))


def race(calls: list[Callable[[], T]]) -> list[T | Exception]:
    """Start all calls at the same moment, on a thread each; what each returned or raised, in their order."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        barrier.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - it is the answer
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
