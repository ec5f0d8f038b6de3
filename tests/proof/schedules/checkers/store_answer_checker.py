"""Judges what a call of the store answered, beside what stood there before it and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.errors import DraftGone, QuoteholdError
from domain.model import Draft, Lifetime, Quote, QuoteRef, Saved, StoredDraft, milliseconds
from domain.repairing.summaries import KeyKind
from tests.proof.schedules.backends.database_inspector import DatabaseView
from tests.proof.schedules.backends.store_inspector import StoreView, View
from tests.proof.schedules.checkers.invariants import Broken, Rule
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.faults.port_calls import Call

SLACK = 60_000
"""Milliseconds by which the ends of two equal lives may differ here."""
_EXPECTED = {"save": 3, "begin_claim": 2, "discard": 1}
"""Which argument is the revision that is expected."""
_MARGIN = timedelta(hours=1)
"""How much longer than a draft its tombstone stands."""


@dataclass(frozen=True, slots=True)
class AnswerWitness:
    """Of one call."""

    store: StoreView
    database: DatabaseView
    lifetime: Lifetime
    notes: Notes
    call: Call
    ref: QuoteRef
    before: View | None
    after: View | None

    def judge(self, answer: Any) -> None:
        """Raises: Broken"""
        match answer:
            case DraftGone():
                self._judge_gone()
            case QuoteholdError():
                pass
            case Quote():
                self._judge_read(answer)
            case Saved():
                self._judge_saved(answer)
            case StoredDraft():
                self._judge_handed_over(answer)
            case None if self.call.method == "finish_claim":
                self._judge_finished()
        if not isinstance(answer, QuoteholdError):
            self._judge_expectation()

    def _judge_gone(self) -> None:
        if self.before:
            raise Broken(Rule.TOLD, f"{self.call.name} found nothing where {self.before} was")
        if self.call.method == "discard" and self.database.claim(self.ref.quote_id):
            self.notes.missed.append(self.call)

    def _judge_expectation(self) -> None:
        if self.before and self.after != self.before and self.call.method in _EXPECTED:
            expected = self.call.args[_EXPECTED[self.call.method]]
            if expected not in (None, self.before.revision):
                raise Broken(Rule.SAVES, f"{self.call.name} did not heed the revision that was expected")

    def _judge_read(self, quote: Quote) -> None:
        told = quote.revision, Draft(quote.product, quote.details)
        if not self.before or (self.before.revision, self.before.draft) != told:
            raise Broken(Rule.TOLD, f"read {quote}, but what is stored is {self.before}")
        self._judge_told_end(self.before, quote.expires_at)

    def _judge_saved(self, saved: Saved) -> None:
        details = self.call.args[-1] if self.call.method == "create" else self.call.args[2]
        after = self.after
        if not after or not after.draft or (after.revision, after.draft.details) != (saved.revision, details):
            raise Broken(Rule.SAVES, f"{self.call.name} was acknowledged, but what is stored is {after}")
        self._judge_told_end(after, saved.expires_at)
        if after != self.before:
            self._judge_life(after, timedelta())

    def _judge_handed_over(self, stored: StoredDraft) -> None:
        before, after = self.before, self.after
        if not before or stored.revision != before.revision:
            raise Broken(
                Rule.SAVES, f"{self.call.name} answered revision {stored.revision}, what is stored is {before}"
            )
        if after and before.holder != after.holder:
            self._judge_life(after, self.lifetime.ttl)

    def _judge_finished(self) -> None:
        if self.after is None:
            return
        if self.after.kind is not KeyKind.TOMBSTONE:
            raise Broken(Rule.CLEANED, f"finish was done, but left a {self.after.kind}")
        stands = self._now_and(self.lifetime.ttl + _MARGIN)
        if self.after.ends is None or abs(self.after.ends - stands) > SLACK:
            raise Broken(Rule.CLAIMED, "the tombstone does not stand for a TTL and an hour")

    def _judge_told_end(self, view: View, told: datetime) -> None:
        max_age_end = milliseconds(self.lifetime.max_age_end(self.ref.quote_id))
        if view.ends is not None and abs(milliseconds(told) - min(view.ends, max_age_end)) > SLACK:
            raise Broken(Rule.TOLD, "the end that is told is not the end")

    def _judge_life(self, view: View, past_max_age: timedelta) -> None:
        max_age_end = milliseconds(self.lifetime.max_age_end(self.ref.quote_id) + past_max_age)
        expected = min(self._now_and(self.lifetime.ttl), max_age_end)
        if view.ends is not None and abs(view.ends - expected) > SLACK:
            raise Broken(Rule.KEPT, f"its time ends {(expected - view.ends) // 1000} s too early")

    def _now_and(self, duration: timedelta) -> int:
        return self.store.now(self.ref) + duration // timedelta(milliseconds=1)
