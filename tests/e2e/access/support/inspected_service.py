"""The service of the access matrix, over in-memory adapters or real servers, with a view of all that it stores."""

from __future__ import annotations

import abc
import copy
import itertools
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis

from domain.model import AccessToken, Account, QuoteRef
from entrypoints.http.app import create_app
from entrypoints.services import Services
from entrypoints.settings.settings import Settings
from tests.contract.support.database_fixtures import empty_database
from tests.contract.support.sql_server_backends import PostgresqlBackend
from tests.servers.process import or_skip
from tests.servers.valkey import running_valkey
from tests.support.checking_client import Client
from tests.support.in_memory_service import InMemoryService
from tests.support.real_service import connected, store_of
from tests.support.waiting import eventually

BACKENDS = ("memory", "valkey+postgresql")
_BRIEF = timedelta(milliseconds=1)


class InspectedService(abc.ABC):
    """A service of one test module, and a client that checks every answer."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.app: Flask = create_app(services, Settings.from_environ({}))
        self.app.test_client_class = Client
        self.client = self.app.test_client()
        self.numbers = itertools.count(1)

    @abc.abstractmethod
    def everything(self) -> Any:
        """Return all stored data with its expiry, for a comparison."""

    @abc.abstractmethod
    def expire(self, ref: QuoteRef) -> None:
        """End the quote's TTL."""

    def expired_access(self, account: Account) -> AccessToken:
        """Open a session that expires at once, and return its access token. Other sessions stay open."""
        sessions: Any = copy.copy(self.services.log_in.sessions)
        sessions._ttl = self._brief_ttl()
        token = sessions.open(account).token
        self._wait_until_ended(token)
        return AccessToken(token)

    @abc.abstractmethod
    def _brief_ttl(self) -> object:
        """Return a brief TTL, in the form of the sessions' adapter."""

    @abc.abstractmethod
    def _wait_until_ended(self, token: AccessToken) -> None: ...


class InspectedInMemoryService(InspectedService):
    def __init__(self) -> None:
        self.service = InMemoryService()
        super().__init__(self.service.services)

    def everything(self) -> Any:
        database = self.service.database
        rows = dict(database.accounts), dict(database.claims), dict(database.quotes), list(database.audit_entries)
        sessions = self.service.sessions
        # An expired session counts as none, whether its entry is still there or not.
        are_open = {token for token, session in sessions._sessions.items() if sessions._is_open(session)}
        return rows, dict(self.service.quotes._entries), are_open

    def expire(self, ref: QuoteRef) -> None:
        self.service.quotes.end_ttl(ref)

    def _brief_ttl(self) -> object:
        return _BRIEF

    def _wait_until_ended(self, token: AccessToken) -> None:
        self.service.clock.advance(_BRIEF)


class InspectedRealService(InspectedService):
    """The service on real servers. `admin` and `connection` read them past the service."""

    def __init__(self, services: Services, admin: Redis, connection: Any) -> None:
        super().__init__(services)
        self.admin = admin
        self.connection = connection
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        self._rows = " UNION ALL ".join(f"SELECT '{name}', row::text FROM {name} row" for [name] in tables)  # noqa: S608 - our own tables

    def everything(self) -> Any:
        names = sorted(self.admin.scan_iter(count=1000))
        with self.admin.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.get(name)
                pipe.pexpiretime(name)
            values = pipe.execute()
        return sorted(self.connection.execute(self._rows).fetchall()), names, values

    def expire(self, ref: QuoteRef) -> None:
        assert self.admin.pexpire(store_of(self.services)._name(ref), 0)

    def _brief_ttl(self) -> object:
        return _BRIEF // timedelta(milliseconds=1)

    def _wait_until_ended(self, token: AccessToken) -> None:
        eventually(lambda: self.services.log_in.sessions.find(token) is None)


@contextmanager
def inspected_service(backend: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[InspectedService]:
    if backend == "memory":
        yield InspectedInMemoryService()
        return
    with (
        or_skip(running_valkey(folder / "valkey")) as server,
        empty_database("postgresql", request, folder) as sql,
        connected({"QUOTES_REDIS_URL": server.url}, sql) as services,
        closing(Redis.from_url(server.url)) as admin,
    ):
        assert isinstance(sql, PostgresqlBackend)
        with sql.open_connection() as connection:
            yield InspectedRealService(services, admin, connection)
