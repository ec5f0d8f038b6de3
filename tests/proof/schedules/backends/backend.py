"""The backend of one simulation: a store and a database, each in memory or on a real server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from redis import Redis

from adapters.keyring import Keyring
from adapters.memory.database import MemoryAccounts, MemoryClaims
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.records import MemoryClaimRecords
from adapters.memory.sessions import MemorySessions
from adapters.redis.client import Client
from adapters.redis.quotes import RedisQuoteStore
from adapters.redis.sessions import RedisSessions
from adapters.sql.accounts import SqlAccounts
from adapters.sql.claims import SqlClaims
from adapters.sql.outbox import SqlOutbox
from adapters.sql.records import SqlClaimRecords
from adapters.sql.transactions import Transactions
from adapters.system import SystemClock, SystemIds
from domain.model import Access, Account, AccountId, KeyId, Lifetime, QuoteRef
from domain.ports import Accounts, Claims, Clock, Ids, PasswordHasher, QuoteStore, Sessions
from domain.repairing.ports import ClaimRecords, Outbox
from tests.doubles.clock import ManualClock
from tests.doubles.database import FaultyDatabase
from tests.doubles.hashers import KeyedHasher
from tests.doubles.ids import CountingIds
from tests.doubles.quotes import FaultyQuoteStore
from tests.proof.schedules.backends.database_inspector import (
    DatabaseInspector,
    InMemoryDatabaseInspector,
    SqlDatabaseInspector,
)
from tests.proof.schedules.backends.store_inspector import InMemoryStoreInspector, RedisStoreInspector, StoreInspector

LIFETIME = Lifetime(timedelta(hours=24), timedelta(days=30))
TOKENS = Keyring({KeyId("k1"): secrets.token_bytes(32)})
_LEASE = timedelta(seconds=15)
_ACCESS = timedelta(hours=1)
_MAX_DETAILS = 4096


@dataclass
class ShiftedClock(Clock):
    """A clock that can be moved: `passed` is added time, `error` is how wrong the clock is."""

    base: Clock
    passed: timedelta = timedelta()
    error: timedelta = timedelta()

    def now(self) -> datetime:
        return self.base.now() + self.passed + self.error

    def wait_until(self, moment: datetime) -> None:
        """Advance to that moment, if it is in the future."""
        self.passed += max(timedelta(), moment - self.now())


class KnownSessions(RedisSessions):
    """Sessions that remember their accounts, because the service's Redis user may not scan for them."""

    def __init__(self, client: Client, prefix: str) -> None:
        super().__init__(client, _ACCESS, prefix=prefix)
        self._opened: set[AccountId] = set()

    def open(self, account: Account) -> Access:
        self._opened.add(account.account_id)
        return super().open(account)

    def forget(self) -> None:
        """Delete all sessions."""
        while self._opened:
            self.close_all(self._opened.pop())


@dataclass
class Store:
    """The ports of a store, and its inspector. `clean` deletes these quotes and all sessions."""

    quotes: QuoteStore
    sessions: Sessions
    inspector: StoreInspector
    clean: Callable[[Sequence[QuoteRef]], None]


@dataclass
class Database:
    """The ports of a database, and its inspector."""

    accounts: Accounts
    claims: Claims
    outbox: Outbox
    records: ClaimRecords
    inspector: DatabaseInspector


@dataclass
class Backend:
    """The servers, clock, ids and hasher of one simulation. A real store has its own clock."""

    clock: ShiftedClock
    ids: Ids
    store: Store
    database: Database
    hasher: PasswordHasher = field(default_factory=KeyedHasher)

    def clean(self, refs: Sequence[QuoteRef]) -> None:
        self.store.clean(refs)
        self.database.inspector.clear()


def in_memory_backend() -> Backend:
    """Return an empty in-memory store and database."""
    time = ManualClock()
    clock = ShiftedClock(time)
    quotes = FaultyQuoteStore(time, LIFETIME, lease=_LEASE, max_details=_MAX_DETAILS)
    store = Store(quotes, MemorySessions(time, _ACCESS), InMemoryStoreInspector(quotes, time), lambda refs: None)
    return Backend(clock, CountingIds(time), store, in_memory_database(clock))


def real_time_backend(store: Store, database: Callable[[Clock], Database]) -> Backend:
    """Return a backend with that store, on the system clock."""
    clock = ShiftedClock(SystemClock())
    return Backend(clock, SystemIds(), store, database(clock))


def in_memory_database(clock: Clock) -> Database:
    rows = FaultyDatabase()
    return Database(
        MemoryAccounts(rows),
        MemoryClaims(rows, clock),
        MemoryOutbox(rows),
        MemoryClaimRecords(rows),
        InMemoryDatabaseInspector(rows),
    )


def sql_database(transactions: Transactions, clock: Clock) -> Database:
    """Return the ports of a database of which the tests own every row."""
    return Database(
        SqlAccounts(transactions),
        SqlClaims(transactions, clock),
        SqlOutbox(transactions, clock),
        SqlClaimRecords(transactions),
        SqlDatabaseInspector(transactions),
    )


def redis_store(client: Client, run: str, admin: Redis | None = None) -> Store:
    """
    Return a Redis store.

    All keys begin with `q:` or `s:`, as the service's user must, and then the name of the run. `admin` is a client
    with all rights, on a server that the tests own.
    """
    quotes = RedisQuoteStore(
        client, lambda ref: f"q:{run}:{TOKENS.name(ref)}", LIFETIME, lease=_LEASE, max_details=_MAX_DETAILS
    )
    sessions = KnownSessions(client, f"s:{run}:")
    inspector = RedisStoreInspector(quotes, client, admin)

    def clean(refs: Sequence[QuoteRef]) -> None:
        for ref in refs:
            inspector.restore(ref, None)
        sessions.forget()

    return Store(quotes, sessions, inspector, clean)
