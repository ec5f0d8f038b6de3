"""Checks each answer of a use case against the rows and the record at that moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from domain.claims import Claim, QuoteStatus
from domain.errors import (
    AccessTokenInvalid,
    DatabaseUnavailable,
    EmailTaken,
    OperatorRefused,
    QuoteAlreadyClaimed,
    QuoteClaimedByAnother,
    QuoteExpired,
    QuoteholdError,
    QuoteNotFound,
    Signal,
)
from domain.merge_patch import merge_patch
from domain.model import Access, AccessToken, Account, AccountId, Details, Quote, QuoteId
from domain.use_cases.register_and_claim import Registered
from tests.proof.schedules.checkers.invariants import Excuse, Invariant, Violation
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.simulation.scheduler import Task
from tests.proof.schedules.simulation.system import SimulatedSystem

T = TypeVar("T")
_EXCUSES_OF_BOTH = {Excuse.LEASE_ENDED, Excuse.ROLLED_BACK, Excuse.NOT_FROZEN, Excuse.CORRUPTED, Excuse.EXPIRED}
"""Excuses for an acknowledged claim beside an acknowledged discard (docs/protocol.md, 11.4)."""

OWNER_OPERATIONS = ("deletes", "looks at")
"""Operations that may name a quote of another account."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A session, and its account as it was when the session was opened."""

    token: AccessToken
    account: Account


@dataclass
class AnswerChecker:
    """Answers so far: `accounts` by quote, `discarded` quotes, and `secrets` that must not be stored or logged."""

    system: SimulatedSystem
    model: Model
    accounts: dict[QuoteId, AccountId] = field(default_factory=dict)
    discarded: set[QuoteId] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    sessions: list[Bearer] = field(default_factory=list)
    """All sessions that any answer has opened."""

    def invoke(self, task: Task | None, quote_id: QuoteId, operation: str, call: Callable[[], T]) -> T | QuoteholdError:
        """Make a call, record it in the history, and check its answer."""
        had_claim = self._has_claim(quote_id)
        had_draft = self._has_draft(quote_id)
        faults = task.faults if task else 0
        start = len(self.system.scheduler.history)
        answer: T | QuoteholdError
        try:
            answer = call()
        except QuoteholdError as error:
            answer = error
        except Exception as error:  # any other error is an answer that no caller should get
            raise Violation(Invariant.TRUE_ANSWER, f"{operation} met {type(error).__name__}: {error}") from error
        if task:
            self.system.scheduler.history.append((task.name, operation, answer))
        if isinstance(answer, QuoteholdError):
            self._check_refusal(quote_id, operation, answer, had_claim, had_draft)
            if isinstance(answer, EmailTaken | AccessTokenInvalid) and task and task.faults == faults:
                self._check_refused_account(quote_id, task, start)
            if isinstance(answer, DatabaseUnavailable) and task and operation in ("registers", "claims"):
                self._check_refused_commit(quote_id, task, start)
        elif operation == "discards":
            if task and any(call in self.model.missed_discards for _, call, _ in self._calls(task, start)):
                raise Violation(Invariant.KNOWN_AS_CLAIMED, "a claimed quote that the store did not have was discarded")
            self._check_discard(quote_id, had_claim)
        return answer

    def check_merge(self, quote_id: QuoteId, patch: Details, answer: object) -> None:
        """Check that a merge returned the merged details."""
        if isinstance(answer, Quote):
            before = self.model.previous_drafts.get((quote_id, answer.revision))
            if before is None or merge_patch(before.details, patch) != answer.details:
                raise Violation(Invariant.NO_LOST_SAVE, f"{patch} merged into {before} is {answer.details}")

    def _check_refused_account(self, quote_id: QuoteId, task: Task, start: int) -> None:
        """Check that the draft is open again, if this request was the first to freeze it."""
        if any(call.method == "begin_claim" for _, call, _ in self._calls(task, start)):
            self._check_reopened(quote_id, task)

    def _check_refused_commit(self, quote_id: QuoteId, task: Task, start: int) -> None:
        """Check that the draft is open again, if only the commit has failed."""
        failed = [(call.name, fault) for _, call, fault in self._calls(task, start) if fault is not Fault.NONE]
        if failed == [("claims.add", Fault.REFUSED)]:
            self._check_reopened(quote_id, task)

    def _calls(self, task: Task, start: int) -> list[Any]:
        events = self.system.scheduler.history[start:]
        return [event for event in events if event[0] == task.name and isinstance(event[1], Call)]

    def check_registration(self, quote_id: QuoteId, done: Registered, password: str, since: int) -> None:
        """Check a 201; `since` is the number of account changes when it was asked for."""
        claim = self.system.database.claim(quote_id)
        if claim is None:
            raise Violation(Invariant.COMMITTED_ROWS, "a 201, but no claim")
        if done.quote.quote_id != quote_id:
            raise Violation(Invariant.REPLAY, "a 201 of another quote")
        if Excuse.ERASED not in self.model.excuses[quote_id]:
            self._check_receipt(claim, done)
        moments = self.model.accounts_since(since)
        found = [account for at in moments if (account := at.get(done.account.account_id))]
        if not any(self.system.hasher.verify(account.password_hash, password) for account in found):
            raise Violation(Invariant.REPLAY, "a replay without the password")
        self.check_owner(quote_id, done.account.account_id)
        if done.access:
            self.record_session(done.account, done.access)

    def check_owner(self, quote_id: QuoteId, account_id: AccountId) -> None:
        """Check that all answers name the same account for a quote."""
        if self.accounts.setdefault(quote_id, account_id) != account_id:
            raise Violation(Invariant.REPLAY, f"it belongs to {self.accounts[quote_id]}, and then to {account_id}")
        self._check_both(quote_id)

    def record_session(self, account: Account, access: Access) -> None:
        """Record a session, and check that it belongs to its account."""
        self.secrets.add(access.token)
        self.sessions.append(Bearer(access.token, account))
        session = self.system.backend.store.sessions.find(access.token)
        if session and session.account_id != account.account_id:
            raise Violation(Invariant.REPLAY, "a session of another account")

    def _check_receipt(self, claim: Claim, done: Registered) -> None:
        if done.quote.status is QuoteStatus.CLAIMED and self.system.database.quote(claim.quote_id) is None:
            raise Violation(Invariant.COMMITTED_ROWS, "a 201 says claimed, but there is no quote")
        if claim.account_id is None:
            return  # an operator discarded the claim meanwhile
        if claim.account_id != done.account.account_id:
            raise Violation(Invariant.REPLAY, f"a 201 with {done.account.account_id}, the claim has {claim.account_id}")
        rows = [row for row in self.system.database.accounts() if row.account_id == claim.account_id]
        if not rows:
            raise Violation(Invariant.COMMITTED_ROWS, "a 201, but no account")

    def _check_refusal(
        self, quote_id: QuoteId, operation: str, error: QuoteholdError, had_claim: bool, had_draft: bool
    ) -> None:
        has_claim = self._has_claim(quote_id)
        match error:
            case Signal() | QuoteNotFound() if not (isinstance(error, QuoteNotFound) and operation in OWNER_OPERATIONS):
                raise Violation(Invariant.TRUE_ANSWER, f"a client that {operation} got {type(error).__name__}")
            case QuoteExpired() if had_claim:
                raise Violation(Invariant.KNOWN_AS_CLAIMED, f"a client that {operation} a claimed quote got expired")
            case QuoteExpired() if had_draft and self._has_draft(quote_id) and not self._has_moved(quote_id):
                raise Violation(Invariant.TRUE_ANSWER, f"a client that {operation} got expired, but the draft exists")
            case QuoteAlreadyClaimed() | QuoteClaimedByAnother() if not has_claim:
                raise Violation(Invariant.TRUE_ANSWER, f"a client that {operation} got claimed, but there is no claim")
            case EmailTaken() if operation != "registers":
                raise Violation(Invariant.TRUE_ANSWER, f"a client that {operation} got email-taken")
            case EmailTaken() if had_claim:
                raise Violation(Invariant.REPLAY, f"a client that {operation} got email-taken for a claimed quote")
            case OperatorRefused() if operation not in ("retries", "gives up"):
                raise Violation(Invariant.TRUE_ANSWER, f"a client that {operation} got {type(error).__name__}")

    def _check_reopened(self, quote_id: QuoteId, task: Task) -> None:
        snapshot = self.system.store.snapshot(self.model.refs[quote_id])
        if snapshot and snapshot.frozen_by and snapshot.frozen_by == task.attempt:
            raise Violation(Invariant.CLAIMABLE, "nothing was claimed, but the quote is still frozen")

    def _check_discard(self, quote_id: QuoteId, had_claim: bool) -> None:
        if had_claim:
            raise Violation(Invariant.KNOWN_AS_CLAIMED, "a claimed quote was discarded")
        self.discarded.add(quote_id)
        self._check_both(quote_id)

    def _check_both(self, quote_id: QuoteId) -> None:
        is_both = quote_id in self.discarded and quote_id in self.accounts
        if is_both and not _EXCUSES_OF_BOTH & self.model.excuses[quote_id]:
            raise Violation(
                Invariant.CLAIM_XOR_DISCARD, "the claim and the discard of one quote were both acknowledged"
            )

    def _has_claim(self, quote_id: QuoteId) -> bool:
        return self.system.database.claim(quote_id) is not None

    def _has_draft(self, quote_id: QuoteId) -> bool:
        ref = self.model.refs.get(quote_id)
        snapshot = self.system.store.snapshot(ref) if ref else None
        return snapshot is not None and snapshot.draft is not None

    def _has_moved(self, quote_id: QuoteId) -> bool:
        """Return whether the draft may have been absent for a moment."""
        return bool({Excuse.ROLLED_BACK, Excuse.EXPIRED} & self.model.excuses[quote_id])
