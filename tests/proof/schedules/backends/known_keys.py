"""A store scan that is limited to known keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.model import QuoteRef
from domain.repairing.ports import StoreScan
from domain.repairing.summaries import StoredKey
from tests.proof.schedules.backends.store_inspector import StoreInspector


@dataclass(frozen=True, slots=True)
class KnownKeys(StoreScan):
    """A store scan of these quotes only: a shared server holds other keys, and its user may not scan."""

    store: StoreInspector
    refs: Sequence[QuoteRef]

    def all_keys(self) -> Iterator[Sequence[StoredKey]]:
        yield [key for key in self.look_up(self.refs) if key]

    def name(self, ref: QuoteRef) -> str:
        return ref.quote_id

    def look_up(self, refs: Sequence[QuoteRef]) -> list[StoredKey | None]:
        return [
            None if snapshot is None else StoredKey(ref.quote_id, snapshot.kind, snapshot.ends is not None)
            for ref, snapshot in ((ref, self.store.snapshot(ref)) for ref in refs)
        ]
