"""The adapters of the stores' ports, each with the faults and the clock that tests need."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from redis.cluster import RedisCluster
from ulid import ULID

from adapters.memory.scan import MemoryStoreScan
from adapters.memory.sessions import MemorySessions
from adapters.redis.client import Client
from adapters.redis.quotes import RedisQuoteStore
from adapters.redis.scan import RedisStoreScan
from adapters.redis.sessions import RedisSessions
from domain.model import AccessToken, KeyId, Lifetime, QuoteId, QuoteRef, instant, milliseconds
from domain.ports import QuoteStore, Sessions
from domain.repairing.ports import StoreScan
from tests.doubles.clock import ManualClock
from tests.doubles.quotes import FaultyQuoteStore

LIFETIME = Lifetime(ttl=timedelta(hours=24), max_age=timedelta(days=30))
LEASE = timedelta(seconds=15)
MAX_DETAILS = 64 * 1024
CORRUPT = b"\xff no record"


class StoreBackend(Protocol):
    """An adapter under test. Each test has key names of its own."""

    def quotes(self, lifetime: Lifetime = LIFETIME, lease: timedelta = LEASE) -> QuoteStore:
        """Return a quote store over everything that this test has stored."""

    def sessions(self, ttl: timedelta = timedelta(days=1)) -> Sessions:
        """Return a session store over everything that this test has stored."""

    def scan(self) -> StoreScan:
        """Return a scan of everything that this test has stored; on memory, of the latest `quotes`."""

    def everything(self) -> dict[Any, Any]:
        """Return everything that this test has stored, and when it ends, for a comparison."""

    def now(self) -> datetime:
        """Return the store's own time."""

    def key_end(self, ref: QuoteRef) -> datetime:
        """Return the time at which the quote's key expires."""

    def age(self, ref: QuoteRef, duration: timedelta) -> None:
        """Bring the expiry of the quote's key nearer by that duration."""

    def end_ttl(self, ref: QuoteRef) -> None: ...

    def end_lease(self, ref: QuoteRef) -> None: ...

    def corrupt(self, ref: QuoteRef) -> None: ...


def ref_at(moment: datetime) -> QuoteRef:
    """Return the reference of a quote that was started then."""
    return QuoteRef(QuoteId(f"qt_{ULID.from_datetime(moment)}"), KeyId("k1"))


class MemoryBackend:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self._quotes: FaultyQuoteStore | None = None
        self._sessions: dict[AccessToken, Any] = {}

    def quotes(self, lifetime: Lifetime = LIFETIME, lease: timedelta = LEASE) -> FaultyQuoteStore:
        before = self._quotes._entries if self._quotes else {}
        self._quotes = FaultyQuoteStore(self.clock, lifetime, lease=lease, max_details=MAX_DETAILS)
        self._quotes._entries = dict(before)
        return self._quotes

    def sessions(self, ttl: timedelta = timedelta(days=1)) -> MemorySessions:
        sessions = MemorySessions(self.clock, ttl)
        sessions._sessions = self._sessions
        return sessions

    def scan(self) -> MemoryStoreScan:
        return MemoryStoreScan(self.quotes_made)

    def everything(self) -> dict[Any, Any]:
        return dict(self.quotes_made._entries)

    def now(self) -> datetime:
        return self.clock.now()

    def key_end(self, ref: QuoteRef) -> datetime:
        return self.quotes_made.ends(ref)

    def age(self, ref: QuoteRef, duration: timedelta) -> None:
        self.quotes_made.age(ref, duration)

    def end_ttl(self, ref: QuoteRef) -> None:
        self.quotes_made.end_ttl(ref)

    def end_lease(self, ref: QuoteRef) -> None:
        self.quotes_made.end_lease(ref)

    def corrupt(self, ref: QuoteRef) -> None:
        self.quotes_made.corrupt(ref)

    @property
    def quotes_made(self) -> FaultyQuoteStore:
        assert self._quotes is not None
        return self._quotes


@dataclass
class RedisBackend:
    """
    Redis or Valkey with two clients: `client` is as the service makes it, `admin` may do everything.

    The key names fit the ACL of the service.
    `shebang` is off for fakeredis alone, which does not know that line.
    """

    client: Client
    admin: Any
    shebang: bool = True
    test: str = field(default_factory=lambda: uuid.uuid4().hex)

    def quotes(self, lifetime: Lifetime = LIFETIME, lease: timedelta = LEASE) -> RedisQuoteStore:
        return RedisQuoteStore(
            self.client, self.name, lifetime, lease=lease, max_details=MAX_DETAILS, shebang=self.shebang
        )

    def sessions(self, ttl: timedelta = timedelta(days=1)) -> RedisSessions:
        return RedisSessions(self.client, ttl, prefix=self.session_prefix, shebang=self.shebang)

    def scan(self) -> RedisStoreScan:
        return RedisStoreScan(lambda: self.admin, self.name, self.quote_prefix, self.session_prefix)

    def everything(self) -> dict[Any, Any]:
        names = [
            name for prefix in (self.quote_prefix, self.session_prefix) for name in self.admin.scan_iter(f"{prefix}*")
        ]
        return {name: (self.admin.get(name), self.admin.pexpiretime(name)) for name in names}

    @property
    def quote_prefix(self) -> str:
        return f"q:{self.test}:"

    @property
    def session_prefix(self) -> str:
        return f"s:{self.test}:"

    def name(self, ref: QuoteRef) -> str:
        return f"{self.quote_prefix}{ref.quote_id}"

    def now(self) -> datetime:
        seconds, microseconds = self.admin.time()
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds // 1000 * 1000)

    def key_end(self, ref: QuoteRef) -> datetime:
        end = self.admin.pexpiretime(self.name(ref))
        assert end > 0, "no key, or one without a TTL"
        return instant(end)

    def age(self, ref: QuoteRef, duration: timedelta) -> None:
        self.admin.pexpireat(self.name(ref), milliseconds(self.key_end(ref) - duration))

    def end_ttl(self, ref: QuoteRef) -> None:
        self.admin.pexpire(self.name(ref), 0)

    def end_lease(self, ref: QuoteRef) -> None:
        assert self.admin.getrange(self.name(ref), 1, 1) == b"C"
        self.admin.setrange(self.name(ref), 16, b"\0\0\0\1")

    def corrupt(self, ref: QuoteRef) -> None:
        self.admin.set(self.name(ref), CORRUPT, keepttl=True)

    def session_keys(self) -> list[bytes]:
        """Return the session keys; each account with a session has one."""
        return list(self.admin.scan_iter(f"{self.session_prefix}*"))

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave the store no free memory within the block."""
        everywhere = self._everywhere()
        self.admin.execute_command("CONFIG SET", "maxmemory", "1", **everywhere)
        try:
            yield
        finally:
            self.admin.execute_command("CONFIG SET", "maxmemory", "0", **everywhere)

    def close_connections(self) -> None:
        """Close all connections but the administrator's, as a restart of the server does."""
        self.admin.execute_command("CLIENT KILL", "TYPE", "normal", "SKIPME", "yes", **self._everywhere())

    def _everywhere(self) -> dict[str, str]:
        return {"target_nodes": RedisCluster.ALL_NODES} if isinstance(self.admin, RedisCluster) else {}
