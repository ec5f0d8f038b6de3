"""
The composition root: it chooses the adapter of each port.

No other module imports an adapter. One exception: the settings import the grammars of URLs, to check their values.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from gevent.monkey import is_module_patched
from gevent.threadpool import ThreadPool

from adapters.argon2 import Argon2PasswordHasher, Offload
from adapters.keyring import Keyring
from adapters.redis.client import connect, scan_client
from adapters.redis.options import Tls
from adapters.redis.quotes import RedisQuoteStore
from adapters.redis.rate_limits import SCHEME
from adapters.redis.scan import RedisStoreScan
from adapters.redis.sessions import RedisSessions
from adapters.sql.accounts import SqlAccounts
from adapters.sql.claims import SqlClaims
from adapters.sql.database import open_database
from adapters.sql.outbox import SqlOutbox
from adapters.sql.records import SqlClaimRecords
from adapters.sql.schema import migrate as migrate_database
from adapters.sql.timeouts import MIGRATION
from adapters.sql.transactions import Transactions
from adapters.system import SystemClock, SystemIds
from domain.model import Lifetime
from domain.repairing.schedule import RepairSchedule
from entrypoints.operations import Operations, RepairPorts
from entrypoints.services import RateLimitStorage, Services
from entrypoints.settings.settings import Settings
from entrypoints.settings.values import ServerKey
from entrypoints.steps import Ports, Steps

T = TypeVar("T")

CONCURRENCY = 256
"""Requests of one process at once. Each uses at most one connection to the store, so the pool is large enough."""
PASSWORDS_AT_ONCE = 64
"""Passwords that one process hashes or queues. A hash takes 25 ms of a core: on two, the last waits under a second."""
DRAFT_LEASE = timedelta(seconds=15)
"""The time for which a claim freezes a draft: longer than the deadline of a request."""


def bootstrap(settings: Settings) -> Services:
    """
    Return the use cases of visitors, over the servers that the settings name. No server is connected before its first
    use.

    Raises: SettingsError
    """
    return _composed(settings)[0]


def operations(settings: Settings) -> Operations:
    """
    Return the use cases of operators and reconcilers, over the same servers.

    Raises: SettingsError
    """
    return _composed(settings)[1]


def _composed(settings: Settings) -> tuple[Services, Operations]:
    redis_url, secret_keys = settings.require_servers()
    tls = Tls(settings.redis_ca, settings.redis_cert, settings.redis_key)
    client = connect(redis_url, tls=tls, max_connections=CONCURRENCY)
    transactions = Transactions(open_database(settings.database_url))
    lifetime = Lifetime(settings.ttl, settings.max_age)
    schedule = RepairSchedule(settings.repair_delay, lifetime, settings.dead_letter_retention)

    clock = SystemClock()
    tokens = _keyring(secret_keys)
    ports = Ports(
        quotes=RedisQuoteStore(client, tokens.name, lifetime, lease=DRAFT_LEASE, max_details=settings.max_details),
        sessions=RedisSessions(client, settings.access_token_ttl),
        accounts=SqlAccounts(transactions),
        claims=SqlClaims(transactions, clock),
        tokens=tokens,
        hasher=Argon2PasswordHasher(_offload(), slots=PASSWORDS_AT_ONCE),
        clock=clock,
        ids=SystemIds(),
    )
    repairs = RepairPorts(
        outbox=SqlOutbox(transactions, clock),
        records=SqlClaimRecords(transactions),
        scan=RedisStoreScan(lambda: scan_client(client), tokens.name),
    )
    steps = Steps.over(ports, schedule)
    return Services.over(ports, steps), Operations.over(ports, repairs, steps, schedule)


def rate_limit_storage(settings: Settings) -> RateLimitStorage:
    """
    Return the storage that counts requests. It uses the server of the quotes, but its own connections, so that counting
    takes none from the quotes.

    Raises: SettingsError
    """
    redis_url, secret_keys = settings.require_servers()
    tls = Tls(settings.redis_ca, settings.redis_cert, settings.redis_key)
    client = connect(redis_url, tls=tls, max_connections=CONCURRENCY)
    return RateLimitStorage(f"{SCHEME}://", {"client": client}, _keyring(secret_keys).pseudonym)


def migrate(settings: Settings) -> list[str]:
    """
    Bring the database's schema up to date. Return the names of the migrations that were applied.

    Raises: DatabaseUnavailable
    """
    return migrate_database(open_database(settings.database_url, timeouts=MIGRATION))


def _keyring(secret_keys: Iterable[ServerKey]) -> Keyring:
    return Keyring({key.key_id: key.secret for key in secret_keys})


def _offload() -> Offload:
    """
    Return the function that runs the hash of a password. In a gevent worker it uses native threads: on the loop, a hash
    would block every other request. There is one thread for each core, since a hash takes a whole core and 19 MiB. In
    other processes the hash runs in the calling thread.
    """
    if not is_module_patched("threading"):
        return lambda work: work()
    pool = ThreadPool(os.cpu_count() or 1)

    def offload(work: Callable[[], T]) -> T:
        return pool.apply(work)

    return offload
