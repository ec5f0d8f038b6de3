"""Judges what a transaction has left of a claim and its quote."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.claims import Cause, Claim, ClaimState
from domain.errors import DraftUnreadable
from domain.model import NO_REVISION, AccountId, Draft, QuoteId, Revision, started_at
from domain.ports import QuoteStore
from domain.repairing.audit import AuditAction
from tests.proof.schedules.backends.database_inspector import DatabaseView
from tests.proof.schedules.backends.store_inspector import StoreView
from tests.proof.schedules.checkers.invariants import Broken, Excuse, Rule
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.faults.port_calls import Call


@dataclass
class RowWitness:
    """Looks at the rows after each write."""

    store: StoreView
    quotes: QuoteStore
    database: DatabaseView
    notes: Notes
    revisions: dict[QuoteId, Revision] = field(default_factory=dict)
    """How new each claim says that it is."""
    owners: dict[QuoteId, AccountId | None] = field(default_factory=dict)
    """Of each committed claim."""
    built: set[QuoteId] = field(default_factory=set)
    """Those whose quote was there once."""
    first: dict[QuoteId, tuple[Claim, Revision]] = field(default_factory=dict)
    """Each claim as it was committed, and the newest draft by then."""
    latest: dict[QuoteId, Claim] = field(default_factory=dict)

    def judge(self, call: Call, answer: object = None) -> None:
        """What it has written; `answer` is None where it was refused. Raises: Broken"""
        quote_id = call.quote_id
        for claim in self.database.claims() if quote_id is None else [self.database.claim(quote_id)]:
            if claim:
                self._judge_claim(claim)
                self._judge_steps(claim)
                if answer is not None:
                    self._judge_act(call, claim)
        if quote_id in self.revisions and self.database.claim(quote_id) is None:
            raise Broken(Rule.ROWS, f"{call.name} deleted a committed claim")

    def _judge_act(self, call: Call, claim: Claim) -> None:
        entry = call.more.get("act")
        if entry is None:
            return
        if entry not in self.database.audit_log():
            raise Broken(Rule.TOLD, f"an operator's {entry.action} was not kept")
        view = self.store.view(claim.ref)
        known = max(call.args[0].source_revision, self.first[claim.quote_id][1])
        if entry.action is AuditAction.RETRY and view and view.draft and known < view.revision <= claim.source_revision:
            raise Broken(
                Rule.SAVES, f"a repaired draft takes the place of revision {view.revision}, saved after the claim"
            )

    def _judge_steps(self, claim: Claim) -> None:
        excuses = self.notes.excuses[claim.quote_id]
        first, _ = self.first.setdefault(claim.quote_id, (claim, self.notes.newest(claim.quote_id)))
        if (first.created_at, first.key_id) != (claim.created_at, claim.key_id):
            raise Broken(Rule.ROWS, "the claim is another one now")
        before = self.latest.get(claim.quote_id, claim)
        self.latest[claim.quote_id] = claim
        is_given_up = Excuse.OPERATED in excuses and before.state is not ClaimState.FETCH_PENDING
        if claim.state is ClaimState.DISCARDED and not is_given_up and Excuse.ERASED not in excuses:
            raise Broken(Rule.KEPT, "nobody gave this claim up, or nobody has looked at its draft")
        self._judge_built(claim)
        self._judge_payload(claim)

    def _judge_built(self, claim: Claim) -> None:
        quote = self.database.quote(claim.quote_id)
        if quote:
            self.built.add(claim.quote_id)
            if (quote.created_at, quote.claimed_at) != (started_at(claim.quote_id), claim.created_at):
                raise Broken(Rule.ROWS, "the quote has other times than its claim")
        elif claim.quote_id in self.built and Excuse.ERASED not in self.notes.excuses[claim.quote_id]:
            raise Broken(Rule.ROWS, "a claimed quote was deleted")

    def _judge_payload(self, claim: Claim) -> None:
        if claim.payload is None:
            return
        try:
            draft = self.quotes.decode(claim.ref, claim.payload)
        except DraftUnreadable:
            return
        known = self.notes.drafts.get((claim.quote_id, claim.source_revision))
        if draft != known and draft not in self.notes.repaired[claim.quote_id]:
            raise Broken(Rule.SAVES, f"the payload is {draft}, its revision was {known}")

    def _judge_claim(self, claim: Claim) -> None:
        quote_id = claim.quote_id
        if claim.source_revision < self.revisions.get(quote_id, NO_REVISION):
            raise Broken(Rule.SAVES, f"the claim went back to revision {claim.source_revision}")
        owner = self.owners.setdefault(quote_id, claim.account_id)
        if claim.account_id not in (owner, None):
            raise Broken(Rule.REPLAY, f"the claim went from {owner} to {claim.account_id}")
        if claim.account_id:
            self.notes.owners[quote_id] = claim.account_id
        self.revisions[quote_id] = claim.source_revision
        if claim.payload is not None:
            self.notes.payloads[quote_id].add(claim.payload)
        self._judge_quote(claim)
        if claim.cause is Cause.EXPIRED and claim.state is ClaimState.DEAD:
            self._judge_expired(quote_id)

    def _judge_quote(self, claim: Claim) -> None:
        quote = self.database.quote(claim.quote_id)
        if quote is None:
            if claim.state is ClaimState.DONE:
                raise Broken(Rule.ROWS, "the claim is done, but has no quote")
            return
        if claim.state is ClaimState.DISCARDED or quote.account_id != claim.account_id:
            raise Broken(Rule.ROWS, f"a quote of {quote.account_id} beside a {claim.state} claim of {claim.account_id}")
        if claim.state is ClaimState.DONE and quote.source_revision != claim.source_revision:
            what = f"the quote has revision {quote.source_revision}, its claim {claim.source_revision}"
            raise Broken(Rule.SAVES, what)
        draft = self.notes.drafts.get((claim.quote_id, quote.source_revision))
        is_operated = Excuse.OPERATED in self.notes.excuses[claim.quote_id]
        older = [known for (of, _), known in self.notes.drafts.items() if of == claim.quote_id] if is_operated else []
        if Draft(quote.product, quote.details) not in (draft, *older, *self.notes.repaired[claim.quote_id]):
            raise Broken(Rule.SAVES, f"the claimed quote is {quote.details}, what was saved as its revision {draft}")

    def _judge_expired(self, quote_id: QuoteId) -> None:
        """Nothing that is still there is told to be over."""
        gone = {Excuse.EXPIRED, Excuse.ROLLED_BACK, Excuse.DISCARDED, Excuse.OPERATED}
        if not gone & self.notes.excuses[quote_id] and self.store.view(self.notes.refs[quote_id]):
            raise Broken(Rule.KEPT, "a claim was given up as expired, but its draft is there")
