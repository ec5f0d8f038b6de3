"""The history taken apart by quotes: what was asked of each, and what is left of it."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from tests.proof.histories.checkers.final_state import ClaimRow, Ending, QuoteRow, Stored
from tests.proof.histories.history import Kind, Operation


class Excuse(enum.StrEnum):
    """What asynchronous replication, or a server that is away, may do: it is counted, and told."""

    LOST_SAVE = "acknowledged saves lost"
    LOST_START = "started quotes lost"
    LOST_DISCARD = "discards lost"
    RESURRECTED = "saves taken after the claim"
    BOTH = "quotes claimed and discarded"
    STALE = "stale answers"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """
    Something that is not as it should be; without an excuse it breaks that invariant of the protocol, or another
    promise.
    """

    promise: int | str
    sentence: str
    excuse: Excuse | None = None

    def __str__(self) -> str:
        return f"{f'invariant {self.promise}' if isinstance(self.promise, int) else self.promise}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Story:
    """One quote: its operations in the order in which they were asked for, its rows, and what its key holds."""

    quote_id: str
    key: str
    operations: tuple[Operation, ...] = ()
    claim: ClaimRow | None = None
    row: QuoteRow | None = None
    stored: Stored | None = None

    def done(self, *kinds: Kind) -> list[Operation]:
        return [one for one in self.operations if one.kind in kinds and one.is_ok]

    def perhaps_done(self, *kinds: Kind) -> list[Operation]:
        return [one for one in self.operations if one.kind in kinds and one.may_be_done]

    @property
    def first_claim(self) -> Operation | None:
        """The first to be acknowledged."""
        return min(self.done(Kind.CLAIM), key=attrgetter("completed"), default=None)

    @property
    def has_draft(self) -> bool:
        return self.stored is not None and self.stored.number is not None

    @property
    def number(self) -> int | None:
        """What is kept of it in the end: in SQL, or else in Redis."""
        if self.row:
            return self.row.number
        return self.stored.number if self.stored and not self.claim else None

    @property
    def is_gone(self) -> bool:
        """Whether nothing is kept of it, though nobody can have discarded it."""
        return self.number is None and not self.perhaps_done(Kind.DISCARD)


def stories(history: Sequence[Operation], ending: Ending) -> list[Story]:
    """Also of quotes that have rows and no history."""
    asked: defaultdict[str, list[Operation]] = defaultdict(list)
    for operation in sorted(history, key=attrgetter("invoked")):
        asked[operation.quote_id].append(operation)
    claims = {claim.quote_id: claim for claim in ending.claims}
    rows = {row.quote_id: row for row in ending.quotes}
    stored = {found.key: found for found in ending.stored}
    every = dict.fromkeys(quote_id for quote_id in (*asked, *claims, *rows) if quote_id)
    return [
        Story(one, name, tuple(asked[one]), claims.get(one), rows.get(one), stored.get(name))
        for one in every
        for name in [ending.names.get(one, "")]
    ]
