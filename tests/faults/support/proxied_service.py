"""The service with a fault proxy in front of its database, and another in front of its store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis

from adapters.keyring import Keyring
from adapters.sql.timeouts import SERVICE
from domain.errors import ClaimInProgress, Unavailable
from domain.model import Applicant
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from entrypoints import bootstrap
from tests.contract.support.database_fixtures import empty_database
from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_faults import busy_connections
from tests.contract.support.sql_server_backends import SqlServerBackend
from tests.faults.support.fault_proxy import FaultProxy
from tests.faults.support.network_faults import Marker
from tests.support.real_service import RealService, connected
from tests.support.waiting import eventually

BACKENDS = ["valkey+postgresql", "valkey+mariadb"]
DEADLINE = 8.0
"""Seconds within which each request gets an answer, also during faults."""
_LEASE = timedelta(seconds=1)
"""The draft lease, short so that tests can wait for its end."""


def step(name: str) -> Marker:
    """Return the marker of a step of a transaction: BEGIN, COMMIT, or the beginning of a statement."""
    # A whole word, since a new connection to MariaDB sends READ COMMITTED.
    sent = re.compile(name.replace("INTO ", 'INTO ["`]').encode() + rb"\b")
    return lambda piece: sent.search(piece) is not None


@dataclass
class ProxiedService(RealService):
    """The service behind both proxies. `sql` and `admin` reach the database and the store without a proxy."""

    sql: SqlServerBackend
    to_sql: FaultProxy
    to_store: FaultProxy
    admin: Redis

    def name(self, quote: Started) -> str:
        """Return the quote's key in the store."""
        tokens = self.services.register_and_claim.tokens
        assert isinstance(tokens, Keyring)
        return tokens.name(tokens.verify(quote.quote_id, quote.token))

    def state(self, quote: Started) -> bytes:
        """Return the state in the store: `O` open, `C` being claimed, `T` a tombstone."""
        value = self.admin.get(self.name(quote))
        assert isinstance(value, bytes)
        return value[1:2]

    def register_once_more(self, quote: Started, who: Applicant) -> Registered | None:
        """Register; return None if the answer asks the client to repeat the request later."""
        try:
            return self.register(quote, who)
        except (Unavailable, ClaimInProgress):
            return None

    def register_until_done(self, quote: Started, who: Applicant) -> Registered:
        registered = eventually(partial(self.register_once_more, quote, who))
        assert registered
        return registered

    def assert_claimed_once(self, quote: Started, registered: Registered) -> None:
        """Check that the only rows are those of the answer, with a tombstone in Redis and no open transaction."""
        assert self.sql.rows() == (1, 1, 1)
        owners = [row["account_id"] for table in ("account", "claim", "quote") for row in self.rows(table)]
        assert owners == [registered.account.account_id] * 3
        assert self.state(quote) == b"T"
        self.assert_nothing_is_open()

    def assert_nothing_is_open(self) -> None:
        assert busy_connections(self.pool) == 0
        eventually(self.sql.has_no_transaction, SERVICE.idle_transaction)


@pytest.fixture(params=BACKENDS)
def proxied(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ProxiedService]:
    """The service on servers that tests share; a test may break the connections, but not the servers."""
    store, _, database = request.param.partition("+")
    url = request.getfixturevalue(f"{store}_server").url
    monkeypatch.setattr(bootstrap, "DRAFT_LEASE", _LEASE)
    with (
        empty_database(database, request, tmp_path) as sql,
        before(sql) as to_sql,
        FaultProxy(Path(urlsplit(url).path)) as to_store,
        closing(Redis.from_url(url)) as admin,
        connected({"QUOTES_REDIS_URL": to_store.through(url)}, sql, to_sql.through(sql.url)) as services,
    ):
        assert isinstance(sql, SqlServerBackend)
        yield ProxiedService(sql, services, to_sql, to_store, admin)


def before(sql: SqlBackend) -> FaultProxy:
    """Return a proxy in front of a database's server."""
    assert isinstance(sql, SqlServerBackend)
    return FaultProxy(("127.0.0.1", sql.server.port))
