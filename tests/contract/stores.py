"""Every adapter of the stores' ports as a leg of the contract suites, with what a test needs to play the fault."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import fakeredis
import pytest
from redis import Redis
from ulid import ULID

from adapters.embedded.valkey import EmbeddedValkey
from adapters.memory.quotes import MemoryQuoteStore
from adapters.memory.sessions import MemorySessions
from adapters.memory.system import ManualClock
from adapters.redis.client import connect
from adapters.redis.quotes import RedisQuoteStore
from adapters.redis.sessions import RedisSessions
from domain.model import KeyId, Lifetime, QuoteId, QuoteRef, instant, milliseconds
from domain.ports import QuoteStore, Sessions
from tests.servers import running_valkey

LIFETIME = Lifetime(ttl=timedelta(hours=24), max_age=timedelta(days=30))
LEASE = timedelta(seconds=15)
MAX_DETAILS = 64 * 1024
CORRUPT = b"\xff no record"


class StoreLeg(Protocol):
    """One adapter under test. Each test has names of its own in it."""

    def quotes(self, lifetime: Lifetime = LIFETIME, lease: timedelta = LEASE) -> QuoteStore: ...

    def sessions(self, ttl: timedelta = timedelta(days=1)) -> Sessions: ...

    def now(self) -> datetime:
        """The store's own time."""

    def key_end(self, ref: QuoteRef) -> datetime:
        """When what is stored under that name ends by itself."""

    def age(self, ref: QuoteRef, duration: timedelta) -> None:
        """Bring that end nearer."""

    def end_ttl(self, ref: QuoteRef) -> None: ...

    def end_lease(self, ref: QuoteRef) -> None: ...

    def corrupt(self, ref: QuoteRef) -> None: ...


def ref_at(moment: datetime) -> QuoteRef:
    """A quote that was started then."""
    return QuoteRef(QuoteId(f"qt_{ULID.from_datetime(moment)}"), KeyId("k1"))


class MemoryLeg:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self._quotes: MemoryQuoteStore | None = None

    def quotes(self, lifetime: Lifetime = LIFETIME, lease: timedelta = LEASE) -> MemoryQuoteStore:
        self._quotes = MemoryQuoteStore(self.clock, lifetime, lease=lease, max_details=MAX_DETAILS)
        return self._quotes

    def sessions(self, ttl: timedelta = timedelta(days=1)) -> MemorySessions:
        return MemorySessions(self.clock, ttl)

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
    def quotes_made(self) -> MemoryQuoteStore:
        assert self._quotes is not None
        return self._quotes


@dataclass
class RedisLeg:
    """`shebang` is off for fakeredis alone, which does not know that line."""

    client: Any
    shebang: bool = True
    prefix: str = field(default_factory=lambda: f"test:{uuid.uuid4().hex}:")

    def quotes(self, lifetime: Lifetime = LIFETIME, lease: timedelta = LEASE) -> RedisQuoteStore:
        return RedisQuoteStore(
            self.client, self.name, lifetime, lease=lease, max_details=MAX_DETAILS, shebang=self.shebang
        )

    def sessions(self, ttl: timedelta = timedelta(days=1)) -> RedisSessions:
        return RedisSessions(self.client, ttl, prefix=f"{self.prefix}s:", shebang=self.shebang)

    def name(self, ref: QuoteRef) -> str:
        return f"{self.prefix}q:{ref.quote_id}"

    def now(self) -> datetime:
        seconds, microseconds = self.client.time()
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds // 1000 * 1000)

    def key_end(self, ref: QuoteRef) -> datetime:
        end = self.client.pexpiretime(self.name(ref))
        assert end > 0, "no key, or one without a TTL"
        return instant(end)

    def age(self, ref: QuoteRef, duration: timedelta) -> None:
        self.client.pexpireat(self.name(ref), milliseconds(self.key_end(ref) - duration))

    def end_ttl(self, ref: QuoteRef) -> None:
        self.client.pexpire(self.name(ref), 0)

    def end_lease(self, ref: QuoteRef) -> None:
        assert self.client.getrange(self.name(ref), 1, 1) == b"C"
        self.client.setrange(self.name(ref), 16, b"\0\0\0\1")

    def corrupt(self, ref: QuoteRef) -> None:
        self.client.set(self.name(ref), CORRUPT, keepttl=True)


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A real server for this test process."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def valkey(valkey_server: EmbeddedValkey) -> Iterator[Redis]:
    """A client as the service makes it."""
    client = connect(valkey_server.url)
    yield client
    client.close()


@pytest.fixture(params=["memory", "fakeredis", "valkey"])
def store_leg(request: pytest.FixtureRequest) -> StoreLeg:
    match request.param:
        case "memory":
            return MemoryLeg()
        case "fakeredis":
            return RedisLeg(fakeredis.FakeRedis(), shebang=False)
        case _:
            return RedisLeg(request.getfixturevalue("valkey"))
