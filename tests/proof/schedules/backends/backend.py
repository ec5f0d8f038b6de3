"""A store and a database for schedules: twins of them, or real ones, in any combination."""

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
from tests.proof.schedules.backends.database_inspector import DatabaseView, MemoryDatabaseView, SqlDatabaseView
from tests.proof.schedules.backends.store_inspector import MemoryStoreView, RedisStoreView, StoreView

LIFETIME = Lifetime(timedelta(hours=24), timedelta(days=30))
TOKENS = Keyring({KeyId("k1"): secrets.token_bytes(32)})
_LEASE = timedelta(seconds=15)
_ACCESS = timedelta(hours=1)
_MAX_DETAILS = 4096


@dataclass
class ShiftedClock(Clock):
    """Another clock, when `passed` more has gone by; and by so much it is wrong."""

    base: Clock
    passed: timedelta = timedelta()
    error: timedelta = timedelta()

    def now(self) -> datetime:
        return self.base.now() + self.passed + self.error

    def wait_until(self, moment: datetime) -> None:
        """Let so much time pass, if that is still to come."""
        self.passed += max(timedelta(), moment - self.now())


class KnownSessions(RedisSessions):
    """Knows whose it has opened, since the service's user may not look for them."""

    def __init__(self, client: Client, prefix: str) -> None:
        super().__init__(client, _ACCESS, prefix=prefix)
        self._opened: set[AccountId] = set()

    def open(self, account: Account) -> Access:
        self._opened.add(account.account_id)
        return super().open(account)

    def forget(self) -> None:
        """Delete them all."""
        while self._opened:
            self.close_all(self._opened.pop())


@dataclass
class Store:
    """Its ports, and past them. `clean` deletes what these quotes, and all sessions, have left."""

    quotes: QuoteStore
    sessions: Sessions
    view: StoreView
    clean: Callable[[Sequence[QuoteRef]], None]


@dataclass
class Database:
    """Its ports, and past them."""

    accounts: Accounts
    claims: Claims
    outbox: Outbox
    records: ClaimRecords
    view: DatabaseView


@dataclass
class Servers:
    """`clock` and `ids` are those of the service's machines; a real store has its own clock."""

    clock: ShiftedClock
    ids: Ids
    store: Store
    database: Database
    hasher: PasswordHasher = field(default_factory=KeyedHasher)

    def clean(self, refs: Sequence[QuoteRef]) -> None:
        self.store.clean(refs)
        self.database.view.clear()


def twins() -> Servers:
    """Of both, empty."""
    time = ManualClock()
    clock = ShiftedClock(time)
    quotes = FaultyQuoteStore(time, LIFETIME, lease=_LEASE, max_details=_MAX_DETAILS)
    store = Store(quotes, MemorySessions(time, _ACCESS), MemoryStoreView(quotes, time), lambda refs: None)
    return Servers(clock, CountingIds(time), store, memory_database(clock))


def on_machines(store: Store, database: Callable[[Clock], Database]) -> Servers:
    """With that store, on clocks that nobody can stop."""
    clock = ShiftedClock(SystemClock())
    return Servers(clock, SystemIds(), store, database(clock))


def memory_database(clock: Clock) -> Database:
    rows = FaultyDatabase()
    return Database(
        MemoryAccounts(rows),
        MemoryClaims(rows, clock),
        MemoryOutbox(rows),
        MemoryClaimRecords(rows),
        MemoryDatabaseView(rows),
    )


def sql_database(transactions: Transactions, clock: Clock) -> Database:
    """All that its connections see is its own."""
    return Database(
        SqlAccounts(transactions),
        SqlClaims(transactions, clock),
        SqlOutbox(transactions, clock),
        SqlClaimRecords(transactions),
        SqlDatabaseView(transactions),
    )


def redis_store(client: Client, run: str, admin: Redis | None = None) -> Store:
    """
    All keys begin with `q:` and `s:`, as the service's user needs it, and then the name of the run. `admin` may
    do all on a server that is our own.
    """
    quotes = RedisQuoteStore(
        client, lambda ref: f"q:{run}:{TOKENS.name(ref)}", LIFETIME, lease=_LEASE, max_details=_MAX_DETAILS
    )
    sessions = KnownSessions(client, f"s:{run}:")
    view = RedisStoreView(quotes, client, admin)

    def clean(refs: Sequence[QuoteRef]) -> None:
        for ref in refs:
            view.put_back(ref, None)
        sessions.forget()

    return Store(quotes, sessions, view, clean)
