"""Judges what a call has done to a draft, and what it answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from domain.claims import ClaimState
from domain.errors import QuoteholdError
from domain.model import Draft, Lifetime, QuoteId, QuoteRef, Revision
from domain.repairing.summaries import KeyKind
from tests.proof.schedules.backends.database_inspector import DatabaseView
from tests.proof.schedules.backends.store_inspector import StoreView, View
from tests.proof.schedules.checkers.invariants import Broken, Rule
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.checkers.store_answer_checker import SLACK, AnswerWitness
from tests.proof.schedules.faults.port_calls import Call

T = TypeVar("T")
_LONGEST_LEASE = 60_000
"""Milliseconds; those of the service are shorter."""


@dataclass
class StoreWitness:
    """Looks at the quote's name before each call and after it."""

    store: StoreView
    database: DatabaseView
    lifetime: Lifetime
    notes: Notes

    def watch(self, call: Call, do: Callable[[], T]) -> T:
        ref: QuoteRef = call.args[0]
        self.notes.refs[ref.quote_id] = ref
        before = self.store.view(ref)
        answer: Any
        try:
            answer = do()
        except QuoteholdError as error:
            answer = error
        after = before if not call.is_write else self.store.view(ref)
        if after != before:
            self.notes.copies[ref.quote_id].append(after)
            self._judge_change(call, ref, before, after)
        AnswerWitness(self.store, self.database, self.lifetime, self.notes, call, ref, before, after).judge(answer)
        if isinstance(answer, QuoteholdError):
            raise answer
        found: T = answer
        return found

    def _judge_change(self, call: Call, ref: QuoteRef, before: View | None, after: View | None) -> None:
        if after and after.ends is None:
            raise Broken(Rule.TTL, f"{call.name} left a {after.kind} without a TTL")
        if after and after.kind is KeyKind.TOMBSTONE:
            self._judge_end(call, ref.quote_id, before)
        elif before and before.kind is KeyKind.TOMBSTONE:
            raise Broken(Rule.CLAIMED, f"{call.name} put something else in a tombstone's place")
        elif after is None:
            self._judge_removal(call, ref.quote_id, before)
        elif before is None:
            if call.method != "create":
                raise Broken(Rule.KEPT, f"{call.name} brought back a quote that was gone")
            self._note_draft(ref.quote_id, after)
        elif after.kind is KeyKind.DRAFT and _content(after) != _content(before):
            if call.method != "save" or after.revision <= before.revision:
                raise Broken(Rule.SAVES, f"{call.name} changed revision {before.revision} to {after.revision}")
            self.notes.previous[ref.quote_id, after.revision] = before.draft
            self._note_draft(ref.quote_id, after)
        elif before.kind is after.kind is KeyKind.DRAFT:
            self._judge_freeze(call, before, after)

    def _judge_freeze(self, call: Call, before: View, after: View) -> None:
        if before.ends and after.ends and after.ends < before.ends - SLACK:
            raise Broken(Rule.KEPT, f"{call.name} shortened the draft's life")
        if call.method == "abort_claim" and before.holder not in (None, after.holder, call.args[1]):
            raise Broken(Rule.BOTH, "a claimer opened what another has frozen")
        if after.held_until and after.held_until > self.store.now(call.args[0]) + _LONGEST_LEASE:
            raise Broken(Rule.OPEN, "a lease that is much too long")

    def _judge_end(self, call: Call, quote_id: QuoteId, before: View | None) -> None:
        claim = self.database.claim(quote_id)
        if call.method != "finish_claim" or claim is None:
            raise Broken(Rule.KEPT, f"{call.name} ended the draft, but there is no claim")
        if before is None or before.kind is KeyKind.TOMBSTONE or claim.state is ClaimState.DISCARDED:
            return
        if before.kind is KeyKind.UNREADABLE:
            if before.raw not in self.notes.payloads[quote_id]:
                raise Broken(Rule.KEPT, "the only copy of what cannot be read was deleted")
        elif claim.source_revision < before.revision:
            raise Broken(Rule.SAVES, f"revision {before.revision} was deleted, the claim has {claim.source_revision}")

    def _judge_removal(self, call: Call, quote_id: QuoteId, before: View | None) -> None:
        if call.method == "finish_claim":
            self._judge_end(call, quote_id, before)
        elif call.method != "discard":
            raise Broken(Rule.KEPT, f"{call.name} deleted the draft")
        elif before and before.holder:
            raise Broken(Rule.BOTH, "a draft was discarded that a claim had frozen")

    def _note_draft(self, quote_id: QuoteId, view: View) -> None:
        draft = view.draft
        if draft is None:
            raise Broken(Rule.SAVES, "what was saved cannot be read")
        if self.notes.drafts.setdefault((quote_id, view.revision), draft) != draft:
            raise Broken(Rule.SAVES, f"revision {view.revision} stands for two drafts")


def _content(view: View) -> tuple[KeyKind, Revision, Draft | None]:
    return view.kind, view.revision, view.draft
