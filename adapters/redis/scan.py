from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from adapters.redis.client import ScanClient
from adapters.redis.errors import translated_errors
from adapters.redis.record import TOMBSTONE, parse
from domain.errors import DraftUnreadable
from domain.model import QuoteRef
from domain.repairing.ports import StoreScan
from domain.repairing.summaries import KeyKind, StoredKey

_BATCH = 500
_HEADER = 64
"""The bytes that suffice to tell the kind of a record: its header, and the beginning of the rest."""


_NO_KEY, _NO_TTL = -2, -1


@dataclass(frozen=True, slots=True)
class RedisStoreScan(StoreScan):
    """A scan of the keys. `quotes` and `sessions` are the prefixes of their keys; `key` gives a quote's whole key."""

    client: Callable[[], ScanClient]
    key: Callable[[QuoteRef], str]
    quotes: str = "q:"
    sessions: str = "s:"

    def all_keys(self) -> Iterator[Sequence[StoredKey]]:
        for prefix in (self.quotes, self.sessions):
            with translated_errors():
                names = self.client().scan_iter(match=f"{prefix}*", count=_BATCH)
            while batch := self._next(names):
                yield [key for key in self._looked_up(batch) if key]

    def name(self, ref: QuoteRef) -> str:
        return self.key(ref)

    def look_up(self, refs: Sequence[QuoteRef]) -> list[StoredKey | None]:
        return self._looked_up([self.key(ref) for ref in refs])

    def _next(self, names: Iterator[bytes]) -> list[str]:
        with translated_errors():
            return [name.decode() for name in islice(names, _BATCH)]

    def _looked_up(self, names: list[str]) -> list[StoredKey | None]:
        if not names:
            return []
        with translated_errors():
            pipeline = self.client().pipeline(transaction=False)
            for name in names:
                pipeline.getrange(name, 0, _HEADER - 1)
                pipeline.pttl(name)
            answers = pipeline.execute(raise_on_error=False)
            return [self._stored(*found) for found in zip(names, answers[::2], answers[1::2], strict=True)]

    def _stored(self, name: str, header: bytes | Exception, ttl: int | Exception) -> StoredKey | None:
        if isinstance(ttl, Exception):
            raise ttl
        if ttl == _NO_KEY:
            return None
        is_session = isinstance(header, bytes) and name.startswith(self.sessions)
        return StoredKey(name, KeyKind.SESSION if is_session else _kind(header), ends=ttl != _NO_TTL)


def _kind(header: bytes | Exception) -> KeyKind:
    if isinstance(header, Exception):
        if not str(header).startswith("WRONGTYPE"):
            raise header
        return KeyKind.UNREADABLE
    try:
        return KeyKind.TOMBSTONE if parse(header).state == TOMBSTONE else KeyKind.DRAFT
    except DraftUnreadable:
        return KeyKind.UNREADABLE
