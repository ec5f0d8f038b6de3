"""A visitor that keeps saving one quote while its store is broken."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from adapters.redis.quotes import RedisQuoteStore
from domain.errors import StoreReadOnly, StoreUnreachable, Unavailable
from domain.model import QuoteRef, SaveId
from tests.contract.support.store_backends import RedisBackend, ref_at
from tests.support.waiting import Stopwatch, eventually

DEADLINE = 1.0
"""Seconds that a call may take, in any state of the store: 0.5 are promised, the rest is for a slow machine."""
REPEATED = 2.0
"""The same for a call that may lose its connection: it runs once more then, after a question to the sentinels."""


@dataclass
class Visitor:
    """A visitor that saves and reads in turn; `refusals` are its errors, `slowest` its longest call in seconds."""

    quotes: RedisQuoteStore
    ref: QuoteRef
    saved: int = 0
    slowest: float = 0
    refusals: list[Unavailable] = field(default_factory=list)

    @classmethod
    def of(cls, backend: RedisBackend, ref: QuoteRef | None = None) -> Visitor:
        """Return a visitor with a new quote."""
        visitor = cls(backend.quotes(), ref or ref_at(backend.now()))
        visitor.quotes.create(visitor.ref, SaveId(bytes(8)), None, {})
        return visitor

    def call(self) -> bool:
        """Save once and read, and tell whether both succeeded."""
        watch = Stopwatch()
        try:
            number = self.saved + 1
            self.quotes.save(self.ref, SaveId(number.to_bytes(8, "big")), {"number": number}, None)
            self.slowest = max(self.slowest, watch.seconds)
            watch = Stopwatch()
            self.quotes.get(self.ref)
        except Unavailable as refusal:
            self.refusals.append(refusal)
            return False
        else:
            self.saved += 1
            return True
        finally:
            self.slowest = max(self.slowest, watch.seconds)

    @property
    def key(self) -> str:
        """The key of the quote in Redis."""
        return self.quotes._name(self.ref)

    @property
    def details(self) -> object:
        return self.quotes.get(self.ref).details

    def goes_on(self) -> None:
        """Wait until the visitor has saved once more, on its own thread."""
        saved = self.saved
        eventually(lambda: self.saved > saved)

    def check(self, most: float = DEADLINE) -> None:
        """Check that every call ended in time, and that each error allows a repeat."""
        assert self.slowest < most, f"the slowest call took {self.slowest:.2f} s"
        assert {type(refusal) for refusal in self.refusals} <= {StoreUnreachable, StoreReadOnly}


@contextmanager
def busy(visitors: Sequence[Visitor]) -> Iterator[None]:
    """Let the visitors save and read while the block runs, each on a thread."""
    enough = threading.Event()

    def keep_on(visitor: Visitor) -> None:
        while not enough.is_set():
            visitor.call()

    threads = [threading.Thread(target=keep_on, args=[visitor]) for visitor in visitors]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join()
