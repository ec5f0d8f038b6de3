"""What is known of each quote of a trial, beside what the service knows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from domain.model import NO_REVISION, Account, AccountId, Draft, QuoteId, QuoteRef, Revision
from domain.repairing.summaries import KeyKind
from tests.proof.schedules.backends.store_inspector import View
from tests.proof.schedules.checkers.invariants import Excuse
from tests.proof.schedules.faults.port_calls import Call


@dataclass
class Notes:
    """`copies` are what stood under each name, from the first on; `excuses` are what was done to each quote."""

    refs: dict[QuoteId, QuoteRef] = field(default_factory=dict)
    copies: dict[QuoteId, list[View | None]] = field(default_factory=lambda: defaultdict(list))
    excuses: dict[QuoteId, set[Excuse]] = field(default_factory=lambda: defaultdict(set))
    drafts: dict[tuple[QuoteId, Revision], Draft] = field(default_factory=dict)
    """Every draft that was ever stored, by its revision."""
    payloads: dict[QuoteId, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    """What each claim has kept for repair, at any time."""

    previous: dict[tuple[QuoteId, Revision], Draft | None] = field(default_factory=dict)
    """What stood there before each save, by its revision."""
    missed: list[Call] = field(default_factory=list)
    """Discards that found nothing, of quotes that were claimed."""
    repaired: dict[QuoteId, list[Draft]] = field(default_factory=lambda: defaultdict(list))
    """What operators have offered in place of a draft."""
    accounts: list[dict[AccountId, Account]] = field(default_factory=lambda: [{}])
    """All that there were, before and after each change of one."""
    owners: dict[QuoteId, AccountId] = field(default_factory=dict)
    """Whose each quote was when it was claimed."""

    def excuse(self, quote_id: QuoteId, excuse: Excuse) -> None:
        self.excuses[quote_id].add(excuse)

    def accounts_since(self, change: int) -> list[dict[AccountId, Account]]:
        """As they were after so many changes, and at each moment from then on."""
        return self.accounts[change:]

    def newest(self, quote_id: QuoteId) -> Revision:
        """Of all that was ever stored of it."""
        views = [view for view in self.copies[quote_id] if view]
        return max((view.revision for view in views if view.kind is KeyKind.DRAFT), default=NO_REVISION)
