"""The databases under the contract suites of the SQL ports, as a pytest plugin."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.memory.database import MemoryAccounts, MemoryClaims
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.records import MemoryClaimRecords
from adapters.sql.accounts import SqlAccounts
from adapters.sql.claims import SqlClaims
from adapters.sql.database import SqlDatabase, open_database
from adapters.sql.outbox import SqlOutbox
from adapters.sql.records import SqlClaimRecords
from adapters.sql.schema import migrate
from adapters.sql.transactions import Transactions
from domain.ports import Accounts, Claims
from domain.repairing.ports import ClaimRecords, Outbox
from tests.contract.support.direct_access import DirectAccess, MemoryDirectAccess, SqlDirectAccess
from tests.contract.support.sql_backends import SqlBackend, SqliteBackend
from tests.contract.support.sql_faults import Faults
from tests.contract.support.sql_server_backends import MariadbBackend, PostgresqlBackend
from tests.doubles.clock import ManualClock
from tests.doubles.database import FaultyDatabase
from tests.servers.mariadb import running_mariadb
from tests.servers.postgresql import running_postgresql
from tests.servers.process import lasting
from tests.support import backends


@dataclass(frozen=True, slots=True)
class Ports:
    """The SQL ports on one database."""

    accounts: Accounts
    claims: Claims
    outbox: Outbox
    records: ClaimRecords


def sql_ports(database: SqlDatabase, **options: float) -> Ports:
    transactions, clock = Transactions(database, **options), ManualClock()
    return Ports(
        SqlAccounts(transactions),
        SqlClaims(transactions, clock),
        SqlOutbox(transactions, clock),
        SqlClaimRecords(transactions),
    )


def memory_ports(database: FaultyDatabase) -> Ports:
    return Ports(
        MemoryAccounts(database),
        MemoryClaims(database, ManualClock()),
        MemoryOutbox(database),
        MemoryClaimRecords(database),
    )


postgresql_server = lasting("postgresql_server", running_postgresql)
mariadb_server = lasting("mariadb_server", running_mariadb)


@contextmanager
def empty_database(name: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[SqlBackend]:
    """Make a database of that kind for one test, without tables."""
    if name == "sqlite":
        yield SqliteBackend(folder / "quotes.db")
        return
    server = request.getfixturevalue(f"{name}_server")
    database = f"test_{uuid.uuid4().hex}"
    server.create_database(database)
    try:
        yield (PostgresqlBackend if name == "postgresql" else MariadbBackend)(server, database)
    finally:
        server.drop_database(database)


@pytest.fixture(params=backends.SQL)
def sql_backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlBackend]:
    """An empty database of each kind, without tables."""
    with empty_database(request.param, request, tmp_path) as backend:
        yield backend


@pytest.fixture
def database(sql_backend: SqlBackend) -> Iterator[SqlDatabase]:
    """The database with its tables."""
    database = open_database(sql_backend.url)
    migrate(database)
    yield database
    database.close()


ON_SQLITE = [
    pytest.mark.usefixtures("sql_backend"),
    pytest.mark.parametrize("sql_backend", ["sqlite"], indirect=True),
]
"""Marks of a module that runs on SQLite alone."""


@pytest.fixture
def database_ports(database: SqlDatabase) -> Ports:
    """The ports on that database."""
    return sql_ports(database)


@pytest.fixture
def database_claims(database_ports: Ports) -> Claims:
    return database_ports.claims


@pytest.fixture
def faults(database: SqlDatabase) -> Faults:
    """Faults between the adapter and that database."""
    return Faults(database)


@pytest.fixture(params=["memory", *backends.SQL])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Ports, DirectAccess]]:
    """The ports on an empty database of each kind, and direct access to that database."""
    if request.param == "memory":
        memory = FaultyDatabase()
        yield memory_ports(memory), MemoryDirectAccess(memory)
        return
    with empty_database(request.param, request, tmp_path) as backend:
        database = open_database(backend.url)
        migrate(database)
        yield sql_ports(database), SqlDirectAccess(backend)
        database.close()


@pytest.fixture
def ports(opened: tuple[Ports, DirectAccess]) -> Ports:
    return opened[0]


@pytest.fixture
def direct_access(opened: tuple[Ports, DirectAccess]) -> DirectAccess:
    return opened[1]


@pytest.fixture
def accounts(ports: Ports) -> Accounts:
    return ports.accounts


@pytest.fixture
def claims(ports: Ports) -> Claims:
    return ports.claims


@pytest.fixture
def outbox(ports: Ports) -> Outbox:
    return ports.outbox


@pytest.fixture
def records(ports: Ports) -> ClaimRecords:
    return ports.records


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Let Python switch threads so often that a missing lock shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
