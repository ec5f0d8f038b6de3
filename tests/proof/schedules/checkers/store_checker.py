"""Checks the effect of each call of the store on its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from domain.claims import ClaimState
from domain.errors import QuoteholdError
from domain.model import Draft, Lifetime, QuoteId, QuoteRef, Revision
from domain.repairing.summaries import KeyKind
from tests.proof.schedules.backends.database_inspector import DatabaseInspector
from tests.proof.schedules.backends.store_inspector import Snapshot, StoreInspector
from tests.proof.schedules.checkers.invariants import Invariant, Violation
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.checkers.store_answer_checker import SLACK, StoreAnswerChecker
from tests.proof.schedules.faults.port_calls import Call

T = TypeVar("T")
_LONGEST_LEASE = 60_000
"""Milliseconds; the service's leases are shorter."""


@dataclass
class StoreChecker:
    """Reads the record before and after each call."""

    store: StoreInspector
    database: DatabaseInspector
    lifetime: Lifetime
    model: Model

    def observe(self, call: Call, perform: Callable[[], T]) -> T:
        ref: QuoteRef = call.args[0]
        self.model.refs[ref.quote_id] = ref
        before = self.store.snapshot(ref)
        answer: Any
        try:
            answer = perform()
        except QuoteholdError as error:
            answer = error
        after = before if not call.is_write else self.store.snapshot(ref)
        if after != before:
            self.model.snapshots[ref.quote_id].append(after)
            self._check_change(call, ref, before, after)
        StoreAnswerChecker(self.store, self.database, self.lifetime, self.model, call, ref, before, after).check(answer)
        if isinstance(answer, QuoteholdError):
            raise answer
        found: T = answer
        return found

    def _check_change(self, call: Call, ref: QuoteRef, before: Snapshot | None, after: Snapshot | None) -> None:
        if after and after.ends is None:
            raise Violation(Invariant.TTL, f"{call.name} left a {after.kind} without a TTL")
        if after and after.kind is KeyKind.TOMBSTONE:
            self._check_end(call, ref.quote_id, before)
        elif before and before.kind is KeyKind.TOMBSTONE:
            raise Violation(Invariant.KNOWN_AS_CLAIMED, f"{call.name} replaced a tombstone")
        elif after is None:
            self._check_removal(call, ref.quote_id, before)
        elif before is None:
            if call.method != "create":
                raise Violation(Invariant.DRAFT_KEPT, f"{call.name} brought back a quote that was gone")
            self._note_draft(ref.quote_id, after)
        elif after.kind is KeyKind.DRAFT and _content(after) != _content(before):
            if call.method != "save" or after.revision <= before.revision:
                raise Violation(
                    Invariant.NO_LOST_SAVE, f"{call.name} changed revision {before.revision} to {after.revision}"
                )
            self.model.previous_drafts[ref.quote_id, after.revision] = before.draft
            self._note_draft(ref.quote_id, after)
        elif before.kind is after.kind is KeyKind.DRAFT:
            self._check_freeze(call, before, after)

    def _check_freeze(self, call: Call, before: Snapshot, after: Snapshot) -> None:
        if before.ends and after.ends and after.ends < before.ends - SLACK:
            raise Violation(Invariant.DRAFT_KEPT, f"{call.name} shortened the draft's TTL")
        if call.method == "abort_claim" and before.frozen_by not in (None, after.frozen_by, call.args[1]):
            raise Violation(Invariant.CLAIM_XOR_DISCARD, "a claimer opened a draft that another claim had frozen")
        if after.frozen_until and after.frozen_until > self.store.now(call.args[0]) + _LONGEST_LEASE:
            raise Violation(Invariant.CLAIMABLE, "a lease that is much too long")

    def _check_end(self, call: Call, quote_id: QuoteId, before: Snapshot | None) -> None:
        claim = self.database.claim(quote_id)
        if call.method != "finish_claim" or claim is None:
            raise Violation(Invariant.DRAFT_KEPT, f"{call.name} ended the draft, but there is no claim")
        if before is None or before.kind is KeyKind.TOMBSTONE or claim.state is ClaimState.DISCARDED:
            return
        if before.kind is KeyKind.UNREADABLE:
            if before.raw not in self.model.payloads[quote_id]:
                raise Violation(Invariant.DRAFT_KEPT, "the only copy of an unreadable record was deleted")
        elif claim.source_revision < before.revision:
            raise Violation(
                Invariant.NO_LOST_SAVE, f"revision {before.revision} was deleted, the claim has {claim.source_revision}"
            )

    def _check_removal(self, call: Call, quote_id: QuoteId, before: Snapshot | None) -> None:
        if call.method == "finish_claim":
            self._check_end(call, quote_id, before)
        elif call.method != "discard":
            raise Violation(Invariant.DRAFT_KEPT, f"{call.name} deleted the draft")
        elif before and before.frozen_by:
            raise Violation(Invariant.CLAIM_XOR_DISCARD, "a draft that a claim had frozen was discarded")

    def _note_draft(self, quote_id: QuoteId, snapshot: Snapshot) -> None:
        draft = snapshot.draft
        if draft is None:
            raise Violation(Invariant.NO_LOST_SAVE, "the saved record cannot be read")
        if self.model.drafts.setdefault((quote_id, snapshot.revision), draft) != draft:
            raise Violation(Invariant.NO_LOST_SAVE, f"revision {snapshot.revision} stands for two drafts")


def _content(snapshot: Snapshot) -> tuple[KeyKind, Revision, Draft | None]:
    return snapshot.kind, snapshot.revision, snapshot.draft
