"""Judges what a transaction has left of a claim and its quote."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.claims import Cause, Claim, ClaimState
from domain.model import NO_REVISION, AccountId, Draft, QuoteId, Revision
from tests.proof.schedules.calls import Call
from tests.proof.schedules.database_views import DatabaseView
from tests.proof.schedules.notes import Notes
from tests.proof.schedules.rules import Broken, Excuse, Rule
from tests.proof.schedules.store_views import StoreView


@dataclass
class RowWitness:
    """Looks at the rows after each write."""

    store: StoreView
    database: DatabaseView
    notes: Notes
    revisions: dict[QuoteId, Revision] = field(default_factory=dict)
    """How new each claim says that it is."""
    owners: dict[QuoteId, AccountId | None] = field(default_factory=dict)
    """Of each committed claim."""

    def judge(self, call: Call) -> None:
        """What it has written. Raises: Broken"""
        quote_id = call.quote_id
        for claim in self.database.claims() if quote_id is None else [self.database.claim(quote_id)]:
            if claim:
                self._judge_claim(claim)
        if quote_id in self.revisions and self.database.claim(quote_id) is None:
            raise Broken(Rule.ROWS, f"{call.name} deleted a committed claim")

    def _judge_claim(self, claim: Claim) -> None:
        quote_id = claim.quote_id
        if claim.source_revision < self.revisions.get(quote_id, NO_REVISION):
            raise Broken(Rule.SAVES, f"the claim went back to revision {claim.source_revision}")
        owner = self.owners.setdefault(quote_id, claim.account_id)
        if claim.account_id not in (owner, None):
            raise Broken(Rule.REPLAY, f"the claim went from {owner} to {claim.account_id}")
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
        if Excuse.OPERATED in self.notes.excuses[claim.quote_id]:
            return
        draft = self.notes.drafts.get((claim.quote_id, quote.source_revision))
        if draft != Draft(quote.product, quote.details):
            raise Broken(Rule.SAVES, f"the claimed quote is {quote.details}, what was saved as its revision {draft}")

    def _judge_expired(self, quote_id: QuoteId) -> None:
        """Nothing that is still there is told to be over."""
        gone = {Excuse.EXPIRED, Excuse.ROLLED_BACK, Excuse.DISCARDED, Excuse.OPERATED}
        if not gone & self.notes.excuses[quote_id] and self.store.view(self.notes.refs[quote_id]):
            raise Broken(Rule.KEPT, "a claim was given up as expired, but its draft is there")
