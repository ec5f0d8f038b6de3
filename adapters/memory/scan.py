from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.memory.quotes import MemoryQuoteStore
from domain.model import QuoteRef
from domain.repairing.ports import StoreScan
from domain.repairing.summaries import StoredKey


class MemoryStoreScan(StoreScan):
    """The scan of an in-memory store. Its sessions do not appear as keys."""

    def __init__(self, quotes: MemoryQuoteStore) -> None:
        self._quotes = quotes

    def all_keys(self) -> Iterator[Sequence[StoredKey]]:
        yield [StoredKey(self.name(ref), kind, ends=True) for ref, kind in self._quotes.kinds().items()]

    def name(self, ref: QuoteRef) -> str:
        return ref.quote_id

    def look_up(self, refs: Sequence[QuoteRef]) -> list[StoredKey | None]:
        kinds = self._quotes.kinds()
        return [StoredKey(self.name(ref), kinds[ref], ends=True) if ref in kinds else None for ref in refs]
