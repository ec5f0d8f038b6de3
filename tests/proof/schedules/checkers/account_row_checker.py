"""Checks the rows of accounts after each transaction, and that erased data is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.claims import Cause, Claim, ClaimState
from domain.model import Account, AccountId, QuoteId
from domain.ports import Clock
from tests.proof.schedules.backends.database_inspector import DatabaseInspector
from tests.proof.schedules.checkers.invariants import Excuse, Invariant, Violation
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.faults.port_calls import Call

RETENTION = timedelta(days=2)
"""The retention of dead letters in simulations."""
_CLOCK_ERROR = timedelta(hours=2)
"""The largest error of a machine's clock."""
_ACCOUNT_WRITES = ("accounts.put_credentials", "accounts.erase", "claims.add")
_ERASING_WRITES = ("accounts.erase", "claims.discard")


@dataclass
class AccountRowChecker:
    """Reads accounts and claims before and after each write."""

    database: DatabaseInspector
    clock: Clock
    model: Model

    def before(self, call: Call) -> list[Claim]:
        """Return the claims that this write may erase."""
        if call.name not in _ERASING_WRITES:
            return []
        claims = [claim for claim in self.database.claims() if claim.account_id == self._owner(call)]
        if call.quote_id:
            claims = [claim for claim in claims if claim.quote_id == call.quote_id]
        return claims

    def note_erased(self, claims: list[Claim]) -> None:
        """Excuse the quotes of the claims that the write has discarded: a write may be refused, or never arrive."""
        for claim in claims:
            now = self.database.claim(claim.quote_id)
            if now and now.state is ClaimState.DISCARDED and now != claim:
                self.model.excuse(claim.quote_id, Excuse.ERASED)

    def check(self, call: Call, erased_claims: list[Claim], answer: object) -> None:
        """Check one write; `answer` is None if it was refused. Raises: Violation"""
        if call.name in _ACCOUNT_WRITES:
            self._check_credentials(call, answer)
        if answer and call.name in _ERASING_WRITES:
            self.check_erased_quotes([claim.quote_id for claim in erased_claims])
            if call.name == "accounts.erase":
                self.check_erased(self._owner(call))
        if answer and call.name == "outbox.change":
            self._check_purge(*call.args)

    def check_erased_quotes(self, quotes: list[QuoteId]) -> None:
        """Check that only the fact of the claim is left of these quotes."""
        for quote_id in quotes:
            claim = self.database.claim(quote_id)
            kept = claim and (claim.account_id, claim.payload, claim.request, claim.last_error)
            if claim is None or claim.state is not ClaimState.DISCARDED or kept != (None,) * 4:
                raise Violation(Invariant.ERASED, f"a deleted quote left more than the fact of its claim: {claim}")
            if self.database.quote(quote_id):
                raise Violation(Invariant.ERASED, "a deleted quote still exists")
            if any(
                entry.reason or entry.account_id for entry in self.database.audit_log() if entry.quote_id == quote_id
            ):
                raise Violation(Invariant.ERASED, "the reason of an operator's act on a deleted quote is still stored")

    def check_erased(self, account_id: AccountId) -> None:
        """Check that no row is left that names the account."""
        claims = [claim.quote_id for claim in self.database.claims() if claim.account_id == account_id]
        accounts = [account.account_id for account in self.database.accounts()]
        entries = [entry.account_id for entry in self.database.audit_log()]
        if claims or account_id in accounts or account_id in entries:
            raise Violation(Invariant.ERASED, f"{account_id} was erased, but is there, with {claims}")

    def _check_credentials(self, call: Call, answer: object) -> None:
        known, present = self.model.account_history[-1], {one.account_id: one for one in self.database.accounts()}
        if call.name == "accounts.put_credentials":
            self._check_change(call.args[0], call.args[1], known, present, is_done=bool(answer))
        if present != known:
            self.model.account_history.append(present)

    def _check_change(
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
            raise Violation(
                Invariant.AUTHENTICATED, "credentials that another request had changed meanwhile were overwritten"
            )
        if is_done and now != after:
            raise Violation(Invariant.AUTHENTICATED, "credentials were not changed, though that was acknowledged")

    def _check_purge(self, claim: Claim, after: Claim) -> None:
        if not claim.payload or after.payload or after.cause is not Cause.PURGED:
            return
        self.model.excuse(claim.quote_id, Excuse.PURGED)
        ends = claim.finished_at and claim.finished_at + RETENTION
        latest = self.clock.now() + _CLOCK_ERROR
        if claim.state is not ClaimState.DEAD or claim.next_at or not ends or ends > latest:
            raise Violation(
                Invariant.DRAFT_KEPT, f"a draft was deleted that somebody may still repair: {claim.state}, {ends}"
            )

    def _owner(self, call: Call) -> AccountId:
        account_id: AccountId = call.args[1 if call.name == "claims.discard" else 0]
        return account_id
