"""The in-memory store with faults that a test switches on, and with TTLs and leases that a test ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.memory.quotes import MemoryQuoteStore, _Entry
from domain.errors import QuoteholdError
from domain.model import NO_REVISION, QuoteRef

CORRUPT = b"\xff"
"""The first byte of a damaged draft."""


class FaultyQuoteStore(MemoryQuoteStore):
    """The in-memory store. Every call raises `outage` if it is set; every call that writes raises `write_outage`."""

    def __init__(self, *ports: Any, **options: Any) -> None:
        super().__init__(*ports, **options)
        self.outage: QuoteholdError | None = None
        self.write_outage: QuoteholdError | None = None

    def corrupt(self, ref: QuoteRef, rest: bytes = b"") -> None:
        """Damage the stored draft, as a fault of the store would; `rest` makes the damaged bytes differ."""
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
        """Bring the end of the record nearer."""
        with self._lock:
            entry = self._entries[ref]
            self._entries[ref] = replace(entry, ends=entry.ends - duration)

    def end_ttl(self, ref: QuoteRef) -> None:
        """Delete the record, as the end of its TTL would."""
        with self._lock:
            del self._entries[ref]

    def end_lease(self, ref: QuoteRef) -> None:
        """End the draft lease of the present claim."""
        with self._lock:
            self._entries[ref] = replace(self._entries[ref], lease_ends=self._clock.now())

    def ends(self, ref: QuoteRef) -> datetime:
        """Return the time at which the record ends."""
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
