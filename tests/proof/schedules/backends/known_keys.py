from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.model import QuoteRef
from domain.repairing.ports import StoreScan
from domain.repairing.summaries import StoredKey
from tests.proof.schedules.backends.store_inspector import StoreView


@dataclass(frozen=True, slots=True)
class KnownKeys(StoreScan):
    """The keys of these quotes alone: a server that is shared holds others, and its user may not look for them."""

    store: StoreView
    refs: Sequence[QuoteRef]

    def all_keys(self) -> Iterator[Sequence[StoredKey]]:
        yield [key for key in self.look_up(self.refs) if key]

    def name(self, ref: QuoteRef) -> str:
        return ref.quote_id

    def look_up(self, refs: Sequence[QuoteRef]) -> list[StoredKey | None]:
        return [
            None if view is None else StoredKey(ref.quote_id, view.kind, view.ends is not None)
            for ref, view in ((ref, self.store.view(ref)) for ref in refs)
        ]
