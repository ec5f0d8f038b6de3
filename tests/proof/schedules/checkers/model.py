"""The model: facts about each quote of a simulation, recorded independently of the service."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from domain.model import NO_REVISION, Account, AccountId, Draft, QuoteId, QuoteRef, Revision
from domain.repairing.summaries import KeyKind
from tests.proof.schedules.backends.store_inspector import Snapshot
from tests.proof.schedules.checkers.invariants import Excuse
from tests.proof.schedules.faults.port_calls import Call


@dataclass
class Model:
    """`snapshots` are all records under each key, oldest first; `excuses` are the events of each quote."""

    refs: dict[QuoteId, QuoteRef] = field(default_factory=dict)
    snapshots: dict[QuoteId, list[Snapshot | None]] = field(default_factory=lambda: defaultdict(list))
    excuses: dict[QuoteId, set[Excuse]] = field(default_factory=lambda: defaultdict(set))
    drafts: dict[tuple[QuoteId, Revision], Draft] = field(default_factory=dict)
    """Every stored draft by its revision."""
    payloads: dict[QuoteId, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    """Every payload that a claim has kept for repair."""

    previous_drafts: dict[tuple[QuoteId, Revision], Draft | None] = field(default_factory=dict)
    """The draft before each save, by the revision of that save."""
    missed_discards: list[Call] = field(default_factory=list)
    """Discards of claimed quotes that found no record."""
    repaired_drafts: dict[QuoteId, list[Draft]] = field(default_factory=lambda: defaultdict(list))
    """Drafts that operators offered as a repair."""
    account_history: list[dict[AccountId, Account]] = field(default_factory=lambda: [{}])
    """All accounts, before and after each change."""
    owners: dict[QuoteId, AccountId] = field(default_factory=dict)
    """The account of each quote at its claim."""

    def excuse(self, quote_id: QuoteId, excuse: Excuse) -> None:
        self.excuses[quote_id].add(excuse)

    def accounts_since(self, change: int) -> list[dict[AccountId, Account]]:
        """Return the accounts after that many changes, and after each later change."""
        return self.account_history[change:]

    def newest(self, quote_id: QuoteId) -> Revision:
        """Return the newest revision that was ever stored of a quote."""
        snapshots = [snapshot for snapshot in self.snapshots[quote_id] if snapshot]
        return max((snapshot.revision for snapshot in snapshots if snapshot.kind is KeyKind.DRAFT), default=NO_REVISION)
