"""Inspectors of a store: read and damage its records without the service's ports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any, Protocol

from redis import Redis

from adapters.memory.quotes import _Entry
from adapters.redis.client import Client
from adapters.redis.quotes import RedisQuoteStore
from adapters.redis.record import CLAIMING, TOMBSTONE, parse
from domain.errors import DraftUnreadable
from domain.model import NO_REVISION, Draft, QuoteRef, Revision, instant, milliseconds
from domain.repairing.summaries import KeyKind
from tests.doubles.clock import ManualClock
from tests.doubles.quotes import FaultyQuoteStore

_CORRUPT = b"\xff no record"
_NO_TTL = -1

# Scripts, because a client of the service can do nothing else on every kind of server.
_LOOK = """
local time = redis.call('TIME')
return {redis.call('GET', KEYS[1]), redis.call('PEXPIRETIME', KEYS[1]), time[1], time[2]}
"""
_PUT = "return redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])"
_PUT_FOR_EVER = "return redis.call('SET', KEYS[1], ARGV[1])"
_DELETE = "return redis.call('DEL', KEYS[1])"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    The record under a quote's key at one moment; `raw` is its bytes.

    `frozen_by` is the claim token that holds the draft lease, until `frozen_until`. `ends` is the end of the TTL, None
    without a TTL. Both are in milliseconds since the epoch. `copy` is needed to restore it in memory.
    """

    kind: KeyKind
    revision: Revision
    draft: Draft | None
    frozen_by: bytes | None
    ends: int | None
    raw: bytes = field(repr=False)
    copy: Any = field(repr=False, compare=False, default=None)
    frozen_until: int | None = None


class StoreInspector(Protocol):
    """A store, read and changed without its port."""

    def snapshot(self, ref: QuoteRef) -> Snapshot | None: ...

    def now(self, ref: QuoteRef) -> int:
        """Return the store's time in milliseconds since the epoch."""

    def advance_past(self, ref: QuoteRef, after: Revision) -> None:
        """Advance the time beyond that revision, as a failover does."""

    def restore(self, ref: QuoteRef, snapshot: Snapshot | None) -> None:
        """Replace the record by an earlier snapshot."""

    def shorten_ttl(self, ref: QuoteRef, rest: timedelta) -> None:
        """Let the TTL end that soon."""

    def end_lease(self, ref: QuoteRef) -> None: ...

    def end_ttl(self, ref: QuoteRef) -> None: ...

    def corrupt(self, ref: QuoteRef) -> None: ...

    def flush_scripts(self) -> None: ...

    def dump(self, refs: Sequence[QuoteRef]) -> str:
        """Return all stored records as text."""

    def name(self, ref: QuoteRef) -> str:
        """Return the name of its key."""

    def all_keys(self) -> list[tuple[str, bytes, bool]]:
        """Return all keys with their values, and whether each has a TTL; empty if the user may not scan."""


@dataclass
class InMemoryStoreInspector:
    quotes: FaultyQuoteStore
    clock: ManualClock
    damages: Iterator[int] = field(default_factory=count)

    def snapshot(self, ref: QuoteRef) -> Snapshot | None:
        entry = self.quotes._entries.get(ref)
        return self._snapshot(ref, entry) if entry and entry.ends > self.clock.now() else None

    def now(self, ref: QuoteRef) -> int:
        return milliseconds(self.clock.now())

    def advance_past(self, ref: QuoteRef, after: Revision) -> None:
        self.clock.advance(max(timedelta(milliseconds=1), instant(after) - self.clock.now() + timedelta(seconds=1)))

    def restore(self, ref: QuoteRef, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            self.quotes._entries.pop(ref, None)
        else:
            self.quotes._entries[ref] = snapshot.copy

    def shorten_ttl(self, ref: QuoteRef, rest: timedelta) -> None:
        self.quotes._entries[ref] = replace(self.quotes._entries[ref], ends=self.clock.now() + rest)

    def end_lease(self, ref: QuoteRef) -> None:
        self.quotes.end_lease(ref)

    def end_ttl(self, ref: QuoteRef) -> None:
        self.quotes.end_ttl(ref)

    def corrupt(self, ref: QuoteRef) -> None:
        self.quotes.corrupt(ref, str(next(self.damages)).encode())

    def flush_scripts(self) -> None:
        """Do nothing: there are no scripts in memory."""

    def dump(self, refs: Sequence[QuoteRef]) -> str:
        return repr(self.quotes._entries)

    def name(self, ref: QuoteRef) -> str:
        return ref.quote_id

    def all_keys(self) -> list[tuple[str, bytes, bool]]:
        return []

    def _snapshot(self, ref: QuoteRef, entry: _Entry) -> Snapshot:
        ends = milliseconds(entry.ends)
        if entry.tombstone:
            return Snapshot(KeyKind.TOMBSTONE, entry.revision, None, None, ends, b"", entry)
        if entry.is_unreadable:
            return Snapshot(KeyKind.UNREADABLE, NO_REVISION, None, None, ends, entry.raw, entry)
        is_frozen = entry.lease_ends is not None and entry.lease_ends > self.clock.now()
        draft = self.quotes.decode(ref, entry.raw)
        frozen_by = entry.claim if is_frozen else None
        until = milliseconds(entry.lease_ends) if entry.lease_ends and is_frozen else None
        return Snapshot(KeyKind.DRAFT, entry.revision, draft, frozen_by, ends, entry.raw, entry, until)


@dataclass
class RedisStoreInspector:
    """Inspects with the rights of the service's user; scans with `admin`, if the tests own the server."""

    quotes: RedisQuoteStore
    client: Client
    admin: Redis | None = None
    damages: Iterator[int] = field(default_factory=count)

    def snapshot(self, ref: QuoteRef) -> Snapshot | None:
        value, end, now = self._look(ref)
        if value is None:
            return None
        ends = None if end == _NO_TTL else end
        try:
            record = parse(value)
        except DraftUnreadable:
            return Snapshot(KeyKind.UNREADABLE, NO_REVISION, None, None, ends, value)
        if record.state == TOMBSTONE:
            return Snapshot(KeyKind.TOMBSTONE, record.revision, None, None, ends, value)
        is_frozen = record.state == CLAIMING and int.from_bytes(value[16:20], "big") * 1000 > now
        until = int.from_bytes(value[16:20], "big") * 1000 if is_frozen else None
        frozen_by = value[20:36] if is_frozen else None
        return Snapshot(KeyKind.DRAFT, record.revision, record.draft(), frozen_by, ends, value, None, until)

    def now(self, ref: QuoteRef) -> int:
        return self._look(ref)[2]

    def advance_past(self, ref: QuoteRef, after: Revision) -> None:
        while self.now(ref) <= after:
            pass  # a failover takes longer than revisions are ahead of the clock

    def restore(self, ref: QuoteRef, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            self._run(_DELETE, ref)
        else:
            self._put(ref, snapshot.raw, snapshot.ends)

    def shorten_ttl(self, ref: QuoteRef, rest: timedelta) -> None:
        value, _, now = self._look(ref)
        self._put(ref, value, now + rest // timedelta(milliseconds=1))

    def end_lease(self, ref: QuoteRef) -> None:
        value, end, _ = self._look(ref)
        assert value
        self._put(ref, value[:16] + (1).to_bytes(4, "big") + value[20:], end)

    def end_ttl(self, ref: QuoteRef) -> None:
        self._run(_DELETE, ref)

    def corrupt(self, ref: QuoteRef) -> None:
        self._put(ref, _CORRUPT + str(next(self.damages)).encode(), self._look(ref)[1])

    def flush_scripts(self) -> None:
        if self.admin:
            self.admin.script_flush()

    def dump(self, refs: Sequence[QuoteRef]) -> str:
        known = [(self.name(ref), self._look(ref)[0]) for ref in refs]
        return repr([*known, *self.all_keys()])

    def name(self, ref: QuoteRef) -> str:
        return self.quotes._name(ref)

    def all_keys(self) -> list[tuple[str, bytes, bool]]:
        if not self.admin:
            return []
        admin: Any = self.admin  # redis-py's types allow answers in text, which this client does not ask for
        return [(name.decode(), admin.get(name), admin.pttl(name) > 0) for name in admin.scan_iter(count=1000)]

    def _look(self, ref: QuoteRef) -> tuple[bytes | None, int, int]:
        """Return the value, the end of its TTL, and the store's time."""
        value, end, seconds, microseconds = self._run(_LOOK, ref)
        return value, end, int(seconds) * 1000 + int(microseconds) // 1000

    def _put(self, ref: QuoteRef, value: bytes | None, ends: int | None) -> None:
        assert value is not None
        if ends is None:
            self._run(_PUT_FOR_EVER, ref, value)
        else:
            self._run(_PUT, ref, value, ends)

    def _run(self, script: str, ref: QuoteRef, *args: bytes | int) -> Any:
        return self.client.eval(script, 1, self.quotes._name(ref), *args)
