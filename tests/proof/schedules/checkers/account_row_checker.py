"""Judges what a transaction has done to accounts, and what is left of those that were erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.claims import Cause, Claim, ClaimState
from domain.model import Account, AccountId, QuoteId
from domain.ports import Clock
from tests.proof.schedules.backends.database_inspector import DatabaseView
from tests.proof.schedules.checkers.invariants import Broken, Excuse, Rule
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.faults.port_calls import Call

RETENTION = timedelta(days=2)
"""How long dead letters are kept here."""
_WRONG = timedelta(hours=2)
"""By so much a machine's clock may differ from itself."""
_OF_ACCOUNTS = ("accounts.put_credentials", "accounts.erase", "claims.add")
_FORGETTING = ("accounts.erase", "claims.discard")


@dataclass
class AccountWitness:
    """Looks at the accounts, and at what an owner wants to be forgotten, before a write and after it."""

    database: DatabaseView
    clock: Clock
    notes: Notes

    def before(self, call: Call) -> list[Claim]:
        """The claims whose owner is to be forgotten by it, rightly."""
        if call.name not in _FORGETTING:
            return []
        claims = [claim for claim in self.database.claims() if claim.account_id == self._owner(call)]
        if call.quote_id:
            claims = [claim for claim in claims if claim.quote_id == call.quote_id]
        for claim in claims:
            self.notes.excuse(claim.quote_id, Excuse.ERASED)
        return claims

    def judge(self, call: Call, forgotten: list[Claim], answer: object) -> None:
        """What it has done; `answer` is None where it was refused. Raises: Broken"""
        if call.name in _OF_ACCOUNTS:
            self._judge_credentials(call, answer)
        if answer and call.name in _FORGETTING:
            self.judge_forgotten([claim.quote_id for claim in forgotten])
            if call.name == "accounts.erase":
                self.judge_erased(self._owner(call))
        if answer and call.name == "outbox.change":
            self._judge_purge(*call.args)

    def judge_forgotten(self, quotes: list[QuoteId]) -> None:
        """Of these nothing is left but that they were claimed."""
        for quote_id in quotes:
            claim = self.database.claim(quote_id)
            kept = claim and (claim.account_id, claim.payload, claim.request, claim.last_error)
            if claim is None or claim.state is not ClaimState.DISCARDED or kept != (None,) * 4:
                raise Broken(Rule.FORGOTTEN, f"what is left of a deleted quote: {claim}")
            if self.database.quote(quote_id):
                raise Broken(Rule.FORGOTTEN, "a deleted quote is there")
            if any(
                entry.reason or entry.account_id for entry in self.database.audit_log() if entry.quote_id == quote_id
            ):
                raise Broken(Rule.FORGOTTEN, "why an operator has acted on a deleted quote is still told")

    def judge_erased(self, account_id: AccountId) -> None:
        """Neither the account is left, nor anything that names it."""
        claims = [claim.quote_id for claim in self.database.claims() if claim.account_id == account_id]
        rows = [*self.database.accounts(), *self.database.audit_log()]
        if claims or any(row.account_id == account_id for row in rows):
            raise Broken(Rule.FORGOTTEN, f"{account_id} was erased, but is there, with {claims}")

    def _judge_credentials(self, call: Call, answer: object) -> None:
        known, present = self.notes.accounts[-1], {one.account_id: one for one in self.database.accounts()}
        if call.name == "accounts.put_credentials":
            self._judge_change(call.args[0], call.args[1], known, present, is_done=bool(answer))
        if present != known:
            self.notes.accounts.append(present)

    def _judge_change(
        self,
        before: Account,
        after: Account,
        known: dict[AccountId, Account],
        present: dict[AccountId, Account],
        *,
        is_done: bool,
    ) -> None:
        was, now = known.get(before.account_id), present.get(before.account_id)
        if was != now and (was, now) != (before, after):
            raise Broken(Rule.LET_IN, "credentials that another request had changed meanwhile were overwritten")
        if is_done and now != after:
            raise Broken(Rule.LET_IN, "credentials were not changed, though that was acknowledged")

    def _judge_purge(self, claim: Claim, after: Claim) -> None:
        if not claim.payload or after.payload or after.cause is not Cause.PURGED:
            return
        self.notes.excuse(claim.quote_id, Excuse.PURGED)
        ends = claim.finished_at and claim.finished_at + RETENTION
        if claim.state is not ClaimState.DEAD or claim.next_at or not ends or ends > self.clock.now() + _WRONG:
            raise Broken(Rule.KEPT, f"a draft was deleted that somebody may still repair: {claim.state}, {ends}")

    def _owner(self, call: Call) -> AccountId:
        account_id: AccountId = call.args[1 if call.name == "claims.discard" else 0]
        return account_id
