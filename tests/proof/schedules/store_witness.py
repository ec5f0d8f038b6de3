"""Judges what a call has done to a draft, and what it answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from domain.claims import ClaimState
from domain.errors import DraftGone, QuoteholdError
from domain.model import Draft, Lifetime, QuoteId, QuoteRef, Revision, Saved, StoredDraft, milliseconds
from domain.repairs import KeyKind
from tests.proof.schedules.calls import Call
from tests.proof.schedules.database_views import DatabaseView
from tests.proof.schedules.notes import Notes
from tests.proof.schedules.rules import Broken, Rule
from tests.proof.schedules.store_views import StoreView, View

T = TypeVar("T")
_SLACK = 60_000
"""Milliseconds by which the ends of two equal lives may differ here."""


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
        self._judge_answer(call, ref, before, after, answer)
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
            self._note_draft(ref.quote_id, after)

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

    def _judge_answer(self, call: Call, ref: QuoteRef, before: View | None, after: View | None, answer: Any) -> None:
        match call.method, answer:
            case (("create" | "save"), Saved(revision=revision)):
                details = call.args[-1] if call.method == "create" else call.args[2]
                if not after or not after.draft or (after.revision, after.draft.details) != (revision, details):
                    raise Broken(Rule.SAVES, f"{call.name} was acknowledged, but what is stored is {after}")
                if after != before:
                    self._judge_life(ref, after, timedelta())
            case "begin_claim", StoredDraft() if before and after and before.holder != after.holder:
                self._judge_life(ref, after, self.lifetime.ttl)
            case "finish_claim", None if after and after.kind is not KeyKind.TOMBSTONE:
                raise Broken(Rule.CLEANED, f"finish was done, but left a {after.kind}")
            case _, DraftGone() if before:
                raise Broken(Rule.TOLD, f"{call.name} found nothing where {before} was")

    def _judge_life(self, ref: QuoteRef, view: View, past_the_cap: timedelta) -> None:
        cap = milliseconds(self.lifetime.cap(ref.quote_id) + past_the_cap)
        expected = min(self.store.now(ref) + self.lifetime.ttl // timedelta(milliseconds=1), cap)
        if view.ends is not None and abs(view.ends - expected) > _SLACK:
            raise Broken(Rule.KEPT, f"its time ends {(expected - view.ends) // 1000} s too early")


def _content(view: View) -> tuple[KeyKind, Revision, Draft | None]:
    return view.kind, view.revision, view.draft
