"""Checks the answer of one call of the store against the record before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.errors import DraftGone, QuoteholdError
from domain.model import Draft, Lifetime, Quote, QuoteRef, Saved, StoredDraft, milliseconds
from domain.repairing.summaries import KeyKind
from tests.proof.schedules.backends.database_inspector import DatabaseInspector
from tests.proof.schedules.backends.store_inspector import Snapshot, StoreInspector
from tests.proof.schedules.checkers.invariants import Invariant, Violation
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.faults.port_calls import Call

SLACK = 60_000
"""Milliseconds by which two equal TTLs may differ here."""
_EXPECTED = {"save": 3, "begin_claim": 2, "discard": 1}
"""The position of the expected revision among the arguments."""
_MARGIN = timedelta(hours=1)
"""The time that a tombstone outlives a draft (docs/protocol.md, section 2)."""


@dataclass(frozen=True, slots=True)
class StoreAnswerChecker:
    """Checks the answer of one call."""

    store: StoreInspector
    database: DatabaseInspector
    lifetime: Lifetime
    model: Model
    call: Call
    ref: QuoteRef
    before: Snapshot | None
    after: Snapshot | None

    def check(self, answer: Any) -> None:
        """Raises: Violation"""
        match answer:
            case DraftGone():
                self._check_gone()
            case QuoteholdError():
                pass
            case Quote():
                self._check_read(answer)
            case Saved():
                self._check_saved(answer)
            case StoredDraft():
                self._check_handed_over(answer)
            case None if self.call.method == "finish_claim":
                self._check_finished()
        if not isinstance(answer, QuoteholdError):
            self._check_expectation()

    def _check_gone(self) -> None:
        if self.before:
            raise Violation(Invariant.TRUE_ANSWER, f"{self.call.name} found nothing where {self.before} was")
        if self.call.method == "discard" and self.database.claim(self.ref.quote_id):
            self.model.missed_discards.append(self.call)

    def _check_expectation(self) -> None:
        if self.before and self.after != self.before and self.call.method in _EXPECTED:
            expected = self.call.args[_EXPECTED[self.call.method]]
            if expected not in (None, self.before.revision):
                raise Violation(Invariant.NO_LOST_SAVE, f"{self.call.name} ignored the expected revision")

    def _check_read(self, quote: Quote) -> None:
        shown = quote.revision, Draft(quote.product, quote.details)
        if not self.before or (self.before.revision, self.before.draft) != shown:
            raise Violation(Invariant.TRUE_ANSWER, f"read {quote}, but the store holds {self.before}")
        self._check_expiry(self.before, quote.expires_at)

    def _check_saved(self, saved: Saved) -> None:
        details = self.call.args[-1] if self.call.method == "create" else self.call.args[2]
        after = self.after
        if not after or not after.draft or (after.revision, after.draft.details) != (saved.revision, details):
            raise Violation(Invariant.NO_LOST_SAVE, f"{self.call.name} was acknowledged, but the store holds {after}")
        self._check_expiry(after, saved.expires_at)
        if after != self.before:
            self._check_life(after, timedelta())

    def _check_handed_over(self, stored: StoredDraft) -> None:
        before, after = self.before, self.after
        if not before or stored.revision != before.revision:
            raise Violation(
                Invariant.NO_LOST_SAVE,
                f"{self.call.name} answered revision {stored.revision}, but the store holds {before}",
            )
        if after and before.frozen_by != after.frozen_by:
            self._check_life(after, self.lifetime.ttl)

    def _check_finished(self) -> None:
        if self.after is None:
            return
        if self.after.kind is not KeyKind.TOMBSTONE:
            raise Violation(Invariant.CLEANED_UP, f"finish was done, but left a {self.after.kind}")
        stands = self._now_and(self.lifetime.ttl + _MARGIN)
        if self.after.ends is None or abs(self.after.ends - stands) > SLACK:
            raise Violation(Invariant.KNOWN_AS_CLAIMED, "the tombstone does not last for a TTL and an hour")

    def _check_expiry(self, snapshot: Snapshot, expires_at: datetime) -> None:
        max_age_end = milliseconds(self.lifetime.max_age_end(self.ref.quote_id))
        if snapshot.ends is not None and abs(milliseconds(expires_at) - min(snapshot.ends, max_age_end)) > SLACK:
            raise Violation(Invariant.TRUE_ANSWER, "expires_at is not the end of the TTL")

    def _check_life(self, snapshot: Snapshot, past_max_age: timedelta) -> None:
        max_age_end = milliseconds(self.lifetime.max_age_end(self.ref.quote_id) + past_max_age)
        expected = min(self._now_and(self.lifetime.ttl), max_age_end)
        if snapshot.ends is not None and abs(snapshot.ends - expected) > SLACK:
            raise Violation(Invariant.DRAFT_KEPT, f"its TTL ends {(expected - snapshot.ends) // 1000} s too early")

    def _now_and(self, duration: timedelta) -> int:
        return self.store.now(self.ref) + duration // timedelta(milliseconds=1)
