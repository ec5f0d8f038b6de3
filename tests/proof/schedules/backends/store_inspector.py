"""What stands in a store, as somebody sees it who stands beside it, and can spoil it."""

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

# Scripts, since that is all that a client of the service can do, on every kind of server.
_LOOK = """
local time = redis.call('TIME')
return {redis.call('GET', KEYS[1]), redis.call('PEXPIRETIME', KEYS[1]), time[1], time[2]}
"""
_PUT = "return redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])"
_PUT_FOR_EVER = "return redis.call('SET', KEYS[1], ARGV[1])"
_DELETE = "return redis.call('DEL', KEYS[1])"


@dataclass(frozen=True, slots=True)
class View:
    """
    What stands under a quote's name, `raw` as it is. `holder` is the claim that has frozen it, while its lease runs,
    up to `held_until`; `ends` is when its time is over, None for never; both are in milliseconds since the epoch.
    `copy` is what can be put back.
    """

    kind: KeyKind
    revision: Revision
    draft: Draft | None
    holder: bytes | None
    ends: int | None
    raw: bytes = field(repr=False)
    copy: Any = field(repr=False, compare=False, default=None)
    held_until: int | None = None


class StoreView(Protocol):
    """A store, past its port."""

    def view(self, ref: QuoteRef) -> View | None: ...

    def now(self, ref: QuoteRef) -> int:
        """The time of the store that has it, in milliseconds since the epoch."""

    def pass_time(self, ref: QuoteRef, after: Revision) -> None:
        """Let it be later than that revision, as after a failover."""

    def put_back(self, ref: QuoteRef, view: View | None) -> None:
        """A copy from earlier takes the place of what stands there now."""

    def shorten(self, ref: QuoteRef, rest: timedelta) -> None:
        """Its time ends that soon."""

    def end_lease(self, ref: QuoteRef) -> None: ...

    def end_time(self, ref: QuoteRef) -> None: ...

    def corrupt(self, ref: QuoteRef) -> None: ...

    def forget_scripts(self) -> None: ...

    def dump(self, refs: Sequence[QuoteRef]) -> str:
        """All that is stored, as text."""

    def name(self, ref: QuoteRef) -> str:
        """Of its key."""

    def everything(self) -> list[tuple[str, bytes, bool]]:
        """All keys with what is in them, and whether they end; nothing where nobody may look for them."""


@dataclass
class MemoryStoreView:
    quotes: FaultyQuoteStore
    clock: ManualClock
    damages: Iterator[int] = field(default_factory=count)

    def view(self, ref: QuoteRef) -> View | None:
        entry = self.quotes._entries.get(ref)
        return self._view(ref, entry) if entry and entry.ends > self.clock.now() else None

    def now(self, ref: QuoteRef) -> int:
        return milliseconds(self.clock.now())

    def pass_time(self, ref: QuoteRef, after: Revision) -> None:
        self.clock.advance(max(timedelta(milliseconds=1), instant(after) - self.clock.now() + timedelta(seconds=1)))

    def put_back(self, ref: QuoteRef, view: View | None) -> None:
        if view is None:
            self.quotes._entries.pop(ref, None)
        else:
            self.quotes._entries[ref] = view.copy

    def shorten(self, ref: QuoteRef, rest: timedelta) -> None:
        self.quotes._entries[ref] = replace(self.quotes._entries[ref], ends=self.clock.now() + rest)

    def end_lease(self, ref: QuoteRef) -> None:
        self.quotes.end_lease(ref)

    def end_time(self, ref: QuoteRef) -> None:
        self.quotes.end_ttl(ref)

    def corrupt(self, ref: QuoteRef) -> None:
        self.quotes.corrupt(ref, str(next(self.damages)).encode())

    def forget_scripts(self) -> None:
        """It has none."""

    def dump(self, refs: Sequence[QuoteRef]) -> str:
        return repr(self.quotes._entries)

    def name(self, ref: QuoteRef) -> str:
        return ref.quote_id

    def everything(self) -> list[tuple[str, bytes, bool]]:
        return []

    def _view(self, ref: QuoteRef, entry: _Entry) -> View:
        ends = milliseconds(entry.ends)
        if entry.tombstone:
            return View(KeyKind.TOMBSTONE, entry.revision, None, None, ends, b"", entry)
        if entry.is_unreadable:
            return View(KeyKind.UNREADABLE, NO_REVISION, None, None, ends, entry.raw, entry)
        is_held = entry.lease_ends is not None and entry.lease_ends > self.clock.now()
        draft = self.quotes.decode(ref, entry.raw)
        holder = entry.claim if is_held else None
        until = milliseconds(entry.lease_ends) if entry.lease_ends and is_held else None
        return View(KeyKind.DRAFT, entry.revision, draft, holder, ends, entry.raw, entry, until)


@dataclass
class RedisStoreView:
    """By what the service's own user may do; and as `admin`, where the server is our own."""

    quotes: RedisQuoteStore
    client: Client
    admin: Redis | None = None
    damages: Iterator[int] = field(default_factory=count)

    def view(self, ref: QuoteRef) -> View | None:
        value, end, now = self._look(ref)
        if value is None:
            return None
        ends = None if end == _NO_TTL else end
        try:
            record = parse(value)
        except DraftUnreadable:
            return View(KeyKind.UNREADABLE, NO_REVISION, None, None, ends, value)
        if record.state == TOMBSTONE:
            return View(KeyKind.TOMBSTONE, record.revision, None, None, ends, value)
        is_held = record.state == CLAIMING and int.from_bytes(value[16:20], "big") * 1000 > now
        until = int.from_bytes(value[16:20], "big") * 1000 if is_held else None
        holder = value[20:36] if is_held else None
        return View(KeyKind.DRAFT, record.revision, record.draft(), holder, ends, value, None, until)

    def now(self, ref: QuoteRef) -> int:
        return self._look(ref)[2]

    def pass_time(self, ref: QuoteRef, after: Revision) -> None:
        while self.now(ref) <= after:
            pass  # a failover takes longer than what revisions are ahead of the clock

    def put_back(self, ref: QuoteRef, view: View | None) -> None:
        if view is None:
            self._run(_DELETE, ref)
        else:
            self._put(ref, view.raw, view.ends)

    def shorten(self, ref: QuoteRef, rest: timedelta) -> None:
        value, _, now = self._look(ref)
        self._put(ref, value, now + rest // timedelta(milliseconds=1))

    def end_lease(self, ref: QuoteRef) -> None:
        value, end, _ = self._look(ref)
        assert value
        self._put(ref, value[:16] + (1).to_bytes(4, "big") + value[20:], end)

    def end_time(self, ref: QuoteRef) -> None:
        self._run(_DELETE, ref)

    def corrupt(self, ref: QuoteRef) -> None:
        self._put(ref, _CORRUPT + str(next(self.damages)).encode(), self._look(ref)[1])

    def forget_scripts(self) -> None:
        if self.admin:
            self.admin.script_flush()

    def dump(self, refs: Sequence[QuoteRef]) -> str:
        known = [(self.name(ref), self._look(ref)[0]) for ref in refs]
        return repr([*known, *self.everything()])

    def name(self, ref: QuoteRef) -> str:
        return self.quotes._name(ref)

    def everything(self) -> list[tuple[str, bytes, bool]]:
        if not self.admin:
            return []
        names = self.admin.scan_iter(count=1000)
        return [(name.decode(), self.admin.get(name), self.admin.pttl(name) > 0) for name in names]

    def _look(self, ref: QuoteRef) -> tuple[bytes | None, int, int]:
        """What is stored, when it ends, and what time it is."""
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
