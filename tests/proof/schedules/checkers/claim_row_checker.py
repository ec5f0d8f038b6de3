"""Checks the rows of a claim and its quote after each transaction."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.claims import Cause, Claim, ClaimState
from domain.errors import DraftUnreadable
from domain.model import NO_REVISION, AccountId, Draft, QuoteId, Revision, started_at
from domain.ports import QuoteStore
from domain.repairing.audit import AuditAction
from tests.proof.schedules.backends.database_inspector import DatabaseInspector
from tests.proof.schedules.backends.store_inspector import StoreInspector
from tests.proof.schedules.checkers.invariants import Excuse, Invariant, Violation
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.faults.port_calls import Call


@dataclass
class ClaimRowChecker:
    """Reads the rows after each write."""

    store: StoreInspector
    quotes: QuoteStore
    database: DatabaseInspector
    model: Model
    revisions: dict[QuoteId, Revision] = field(default_factory=dict)
    """The newest revision of each claim."""
    owners: dict[QuoteId, AccountId | None] = field(default_factory=dict)
    """The account of each committed claim."""
    built: set[QuoteId] = field(default_factory=set)
    """Quotes that were built at some time."""
    first: dict[QuoteId, tuple[Claim, Revision]] = field(default_factory=dict)
    """Each claim as it was committed, and the newest draft at that time."""
    latest: dict[QuoteId, Claim] = field(default_factory=dict)

    def check(self, call: Call, answer: object = None) -> None:
        """Check one write; `answer` is None if it was refused. Raises: Violation"""
        quote_id = call.quote_id
        for claim in self.database.claims() if quote_id is None else [self.database.claim(quote_id)]:
            if claim:
                self._check_claim(claim)
                self._check_history(claim)
                if answer is not None:
                    self._check_audit(call, claim)
        if quote_id in self.revisions and self.database.claim(quote_id) is None:
            raise Violation(Invariant.COMMITTED_ROWS, f"{call.name} deleted a committed claim")

    def _check_audit(self, call: Call, claim: Claim) -> None:
        entry = call.more.get("entry")
        if entry is None:
            return
        if entry not in self.database.audit_log():
            raise Violation(Invariant.TRUE_ANSWER, f"the audit entry of an operator's {entry.action} is missing")
        snapshot = self.store.snapshot(claim.ref)
        known = max(call.args[0].source_revision, self.first[claim.quote_id][1])
        if (
            entry.action is AuditAction.RETRY
            and snapshot
            and snapshot.draft
            and known < snapshot.revision <= claim.source_revision
        ):
            raise Violation(
                Invariant.NO_LOST_SAVE,
                f"a repaired draft takes the place of revision {snapshot.revision}, saved after the claim",
            )

    def _check_history(self, claim: Claim) -> None:
        excuses = self.model.excuses[claim.quote_id]
        first, _ = self.first.setdefault(claim.quote_id, (claim, self.model.newest(claim.quote_id)))
        if (first.created_at, first.key_id) != (claim.created_at, claim.key_id):
            raise Violation(Invariant.COMMITTED_ROWS, "the claim is another one now")
        before = self.latest.get(claim.quote_id, claim)
        self.latest[claim.quote_id] = claim
        is_given_up = Excuse.OPERATED in excuses and before.state is not ClaimState.FETCH_PENDING
        if claim.state is ClaimState.DISCARDED and not is_given_up and Excuse.ERASED not in excuses:
            raise Violation(Invariant.DRAFT_KEPT, "a claim was discarded without its operator or owner")
        self._check_built(claim)
        self._check_payload(claim)

    def _check_built(self, claim: Claim) -> None:
        quote = self.database.quote(claim.quote_id)
        if quote:
            self.built.add(claim.quote_id)
            if (quote.created_at, quote.claimed_at) != (started_at(claim.quote_id), claim.created_at):
                raise Violation(Invariant.COMMITTED_ROWS, "the quote has other times than its claim")
        elif claim.quote_id in self.built and Excuse.ERASED not in self.model.excuses[claim.quote_id]:
            raise Violation(Invariant.COMMITTED_ROWS, "a claimed quote was deleted")

    def _check_payload(self, claim: Claim) -> None:
        if claim.payload is None:
            return
        try:
            draft = self.quotes.decode(claim.ref, claim.payload)
        except DraftUnreadable:
            return
        known = self.model.drafts.get((claim.quote_id, claim.source_revision))
        if draft != known and draft not in self.model.repaired_drafts[claim.quote_id]:
            raise Violation(Invariant.NO_LOST_SAVE, f"the payload is {draft}, its revision was {known}")

    def _check_claim(self, claim: Claim) -> None:
        quote_id = claim.quote_id
        if claim.source_revision < self.revisions.get(quote_id, NO_REVISION):
            raise Violation(Invariant.NO_LOST_SAVE, f"the claim went back to revision {claim.source_revision}")
        owner = self.owners.setdefault(quote_id, claim.account_id)
        if claim.account_id not in (owner, None):
            raise Violation(Invariant.REPLAY, f"the claim went from {owner} to {claim.account_id}")
        if claim.account_id:
            self.model.owners[quote_id] = claim.account_id
        self.revisions[quote_id] = claim.source_revision
        if claim.payload is not None:
            self.model.payloads[quote_id].add(claim.payload)
        self._check_quote(claim)
        if claim.cause is Cause.EXPIRED and claim.state is ClaimState.DEAD:
            self._check_expired(quote_id)

    def _check_quote(self, claim: Claim) -> None:
        quote = self.database.quote(claim.quote_id)
        if quote is None:
            if claim.state is ClaimState.DONE:
                raise Violation(Invariant.COMMITTED_ROWS, "the claim is done, but has no quote")
            return
        if claim.state is ClaimState.DISCARDED or quote.account_id != claim.account_id:
            raise Violation(
                Invariant.COMMITTED_ROWS,
                f"a quote of {quote.account_id} beside a {claim.state} claim of {claim.account_id}",
            )
        if claim.state is ClaimState.DONE and quote.source_revision != claim.source_revision:
            detail = f"the quote has revision {quote.source_revision}, its claim {claim.source_revision}"
            raise Violation(Invariant.NO_LOST_SAVE, detail)
        draft = self.model.drafts.get((claim.quote_id, quote.source_revision))
        is_operated = Excuse.OPERATED in self.model.excuses[claim.quote_id]
        older = [known for (of, _), known in self.model.drafts.items() if of == claim.quote_id] if is_operated else []
        if Draft(quote.product, quote.details) not in (draft, *older, *self.model.repaired_drafts[claim.quote_id]):
            raise Violation(
                Invariant.NO_LOST_SAVE, f"the claimed quote is {quote.details}, what was saved as its revision {draft}"
            )

    def _check_expired(self, quote_id: QuoteId) -> None:
        """Check that no existing draft was called expired."""
        gone = {Excuse.EXPIRED, Excuse.ROLLED_BACK, Excuse.DISCARDED, Excuse.OPERATED}
        if not gone & self.model.excuses[quote_id] and self.store.snapshot(self.model.refs[quote_id]):
            raise Violation(Invariant.DRAFT_KEPT, "a claim was given up as expired, but its draft is there")
