"""The in-memory store with faults that a test switches on, and with time that a test ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.memory.quotes import MemoryQuoteStore, _Entry
from domain.errors import QuoteholdError
from domain.model import NO_REVISION, QuoteRef

CORRUPT = b"\xff"
"""The first byte of a draft that a fault of the store has spoilt."""


class FaultyQuoteStore(MemoryQuoteStore):
    """`outage`, where set, is raised by every call; `write_outage` by every call that writes."""

    def __init__(self, *ports: Any, **options: Any) -> None:
        super().__init__(*ports, **options)
        self.outage: QuoteholdError | None = None
        self.write_outage: QuoteholdError | None = None

    def corrupt(self, ref: QuoteRef, rest: bytes = b"") -> None:
        """Spoil what is stored, as a fault of the store would; `rest` tells one spoilt record from another."""
        with self._lock:
            self._entries[ref] = _Entry(NO_REVISION, self._entries[ref].ends, raw=CORRUPT + rest)

    def backup(self, ref: QuoteRef) -> Callable[[], None]:
        """Return a function that puts the present record back, as a failover to an older copy would."""
        with self._lock:
            entry = self._entries[ref]

        def restore() -> None:
            with self._lock:
                self._entries[ref] = entry

        return restore

    def age(self, ref: QuoteRef, duration: timedelta) -> None:
        """Bring the end of the quote's time nearer."""
        with self._lock:
            entry = self._entries[ref]
            self._entries[ref] = replace(entry, ends=entry.ends - duration)

    def end_ttl(self, ref: QuoteRef) -> None:
        """Let the quote's time be over now."""
        with self._lock:
            del self._entries[ref]

    def end_lease(self, ref: QuoteRef) -> None:
        """Let the present claimer's lease be over now."""
        with self._lock:
            self._entries[ref] = replace(self._entries[ref], lease_ends=self._clock.now())

    def ends(self, ref: QuoteRef) -> datetime:
        """When the key itself ends."""
        with self._lock:
            return self._entries[ref].ends

    def _reading(self) -> datetime:
        if self.outage:
            raise self.outage
        return super()._reading()

    def _writing(self) -> datetime:
        if self.write_outage:
            raise self.write_outage
        return super()._writing()
