"""The databases that the contract of `Accounts` and `Claims` runs on, as a pytest plugin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.memory.database import MemoryAccounts, MemoryClaims, MemoryDatabase
from adapters.memory.system import ManualClock
from adapters.sql.accounts import SqlAccounts
from adapters.sql.claims import SqlClaims
from adapters.sql.database import SqlDatabase, open_database
from adapters.sql.schema import migrate
from adapters.sql.transactions import Transactions
from domain.ports import Accounts, Claims


@dataclass(frozen=True, slots=True)
class Ports:
    """Both ports, on one database."""

    accounts: Accounts
    claims: Claims


def sql_ports(database: SqlDatabase, **options: float) -> Ports:
    transactions = Transactions(database, **options)
    return Ports(SqlAccounts(transactions), SqlClaims(transactions, ManualClock()))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'quotes.db'}"


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[SqlDatabase]:
    """With its tables."""
    database = open_database(sqlite_url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture(params=["memory", "sqlite"])
def ports(request: pytest.FixtureRequest) -> Ports:
    """The ports on every kind of database, each empty."""
    if request.param == "memory":
        database = MemoryDatabase()
        return Ports(MemoryAccounts(database), MemoryClaims(database))
    return sql_ports(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture
def accounts(ports: Ports) -> Accounts:
    return ports.accounts


@pytest.fixture
def claims(ports: Ports) -> Claims:
    return ports.claims
