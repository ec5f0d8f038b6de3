"""The history of each quote: its operations, rows and key, and the anomalies found in them."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from tests.proof.histories.checkers.final_state import ClaimRow, FinalState, QuoteRow, RedisKey
from tests.proof.histories.history import Kind, Operation


class Excuse(enum.StrEnum):
    """Effects of asynchronous replication or of an unreachable server; they are counted and reported."""

    LOST_SAVE = "acknowledged saves lost"
    LOST_START = "started quotes lost"
    LOST_DISCARD = "discards lost"
    RESURRECTED = "saves taken after the claim"
    BOTH = "quotes claimed and discarded"
    STALE = "stale answers"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """
    A deviation from an invariant of docs/protocol.md, section 10, or from another promise; excused or a violation.
    """

    promise: int | str
    sentence: str
    excuse: Excuse | None = None

    def __str__(self) -> str:
        return f"{f'invariant {self.promise}' if isinstance(self.promise, int) else self.promise}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class QuoteHistory:
    """The operations of one quote in the order of their invocation, its rows and its key."""

    quote_id: str
    key: str
    operations: tuple[Operation, ...] = ()
    claim: ClaimRow | None = None
    row: QuoteRow | None = None
    stored: RedisKey | None = None

    def done(self, *kinds: Kind) -> list[Operation]:
        return [one for one in self.operations if one.kind in kinds and one.is_ok]

    def possibly_done(self, *kinds: Kind) -> list[Operation]:
        return [one for one in self.operations if one.kind in kinds and one.may_be_done]

    @property
    def first_claim(self) -> Operation | None:
        """The first acknowledged claim."""
        return min(self.done(Kind.CLAIM), key=attrgetter("completed"), default=None)

    @property
    def has_draft(self) -> bool:
        return self.stored is not None and self.stored.number is not None

    @property
    def number(self) -> int | None:
        """The number in the final state: in SQL, or else in Redis."""
        if self.row:
            return self.row.number
        return self.stored.number if self.stored and not self.claim else None

    @property
    def is_gone(self) -> bool:
        """Return whether it is gone without a discard."""
        return self.number is None and not self.possibly_done(Kind.DISCARD)


def split_by_quote(history: Sequence[Operation], final_state: FinalState) -> list[QuoteHistory]:
    """Split a history by quotes, including quotes with rows and no operations."""
    asked: defaultdict[str, list[Operation]] = defaultdict(list)
    for operation in sorted(history, key=attrgetter("invoked")):
        asked[operation.quote_id].append(operation)
    claims = {claim.quote_id: claim for claim in final_state.claims}
    rows = {row.quote_id: row for row in final_state.quotes}
    stored = {found.key: found for found in final_state.stored}
    every = dict.fromkeys(quote_id for quote_id in (*asked, *claims, *rows) if quote_id)
    return [
        QuoteHistory(one, name, tuple(asked[one]), claims.get(one), rows.get(one), stored.get(name))
        for one in every
        for name in [final_state.names.get(one, "")]
    ]
