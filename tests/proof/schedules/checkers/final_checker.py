"""The final checker: after the last fault, let the reconciler make its passes, and check the end state."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from domain.claims import Cause, Claim, ClaimState
from domain.errors import (
    ClaimNotOpen,
    QuoteAlreadyClaimed,
    QuoteClaimedByAnother,
    QuoteExpired,
    QuoteholdError,
)
from domain.model import QuoteId
from domain.repairing.summaries import KeyKind
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from domain.use_cases.verify_claims import FindingKind
from tests.proof.schedules.checkers.account_answer_checker import AccountAnswerChecker
from tests.proof.schedules.checkers.account_row_checker import RETENTION, AccountRowChecker
from tests.proof.schedules.checkers.answer_checker import AnswerChecker
from tests.proof.schedules.checkers.invariants import Excuse, Invariant, Violation
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.clients.quote_clients import OPERATOR, PASSWORDS, make_applicant
from tests.proof.schedules.simulation.log_capture import LogCapture
from tests.proof.schedules.simulation.system import SimulatedSystem

_MAX_PASSES = 60
_PASS = timedelta(hours=4)
"""More than the error of a clock."""
_FAST_HASHES = ("md5", "sha1", "sha256")
"""Hashes from which a password is guessed quickly."""
_EXCUSES_OF_CAUSE: dict[Cause | None, set[Excuse]] = {
    Cause.EXPIRED: {Excuse.EXPIRED, Excuse.ROLLED_BACK, Excuse.DISCARDED, Excuse.PURGED},
    Cause.DRAFT_UNREADABLE: {Excuse.CORRUPTED},
    Cause.QUOTE_REFUSED: {Excuse.POISONED},
    Cause.PURGED: {Excuse.PURGED},
}
"""The excuses without which no claim may end with that cause."""

_INVARIANT_OF_ERROR: dict[type[QuoteholdError], Invariant] = {
    QuoteExpired: Invariant.TRUE_ANSWER,
    ClaimNotOpen: Invariant.RETRY_ONCE,
}


def reconcile_until_settled(system: SimulatedSystem) -> None:
    """Run the reconciler whenever a claim is due, until none is. The store's time stands still."""
    for ref in system.refs:
        snapshot = system.store.snapshot(ref)
        if snapshot and snapshot.frozen_by:
            system.store.end_lease(ref)
    for number in range(_MAX_PASSES):
        if number == _MAX_PASSES // 2:
            _end_unreadable_records(system)
        times = [claim.next_at for claim in system.database.claims() if claim.next_at]
        if not times:
            return
        system.clock.wait_until(min(times))
        system.operations.reconcile(lambda: False, lambda outcome: None)
    raise Violation(Invariant.CLEANED_UP, "the reconciler does not finish")


def _end_unreadable_records(system: SimulatedSystem) -> None:
    """End the TTL of unreadable records: a claim beside one is due until then."""
    for ref in system.refs:
        snapshot = system.store.snapshot(ref)
        if snapshot and snapshot.kind is KeyKind.UNREADABLE:
            system.store.end_ttl(ref)


def check_end_state(
    system: SimulatedSystem, model: Model, account_answers: AccountAnswerChecker, quotes: list[Started], log: LogCapture
) -> None:
    """Raises: Violation"""
    answers = account_answers.answers
    _check_accounts(system, model)
    for claim in system.database.claims():
        _check_claim(system, model, claim)
    for finding in system.operations.verify(lambda operation, number: None):
        is_left = finding.kind is FindingKind.RECORD_UNREADABLE
        if not (is_left and Excuse.CORRUPTED in model.excuses[_id(quotes, finding.subject)]):
            raise Violation(Invariant.TRUE_ANSWER, f"the checker finds {finding}")
    for quote in quotes:
        _LateClient(system, model, answers, quote).check()
    _check_erased(system, model, account_answers)
    _check_keys(system, model)
    _check_secrets(system, answers, quotes, log)


def _check_accounts(system: SimulatedSystem, model: Model) -> None:
    accounts = system.database.accounts()
    email, number = next(iter(Counter(account.email.key for account in accounts).most_common(1)), ("", 0))
    if number > 1:
        raise Violation(Invariant.UNIQUE_ROWS, f"{number} accounts of {email}")
    owners = {claim.account_id for claim in system.database.claims()}
    given_up = any({Excuse.OPERATED, Excuse.ERASED} & excuses for excuses in model.excuses.values())
    for account in accounts:
        if account.account_id not in owners and not given_up:
            raise Violation(Invariant.UNIQUE_ROWS, f"account {account.account_id} has claimed nothing")


def _check_claim(system: SimulatedSystem, model: Model, claim: Claim) -> None:
    excuses = model.excuses[claim.quote_id]
    is_lost = claim.state in (ClaimState.DEAD, ClaimState.RETRY, ClaimState.FETCH_PENDING)
    if is_lost and not _EXCUSES_OF_CAUSE.get(claim.cause, set()) & excuses:
        raise Violation(Invariant.COMMITTED_ROWS, f"a claim was never built: {claim.cause}, {claim.last_error}")
    snapshot = system.store.snapshot(model.refs[claim.quote_id])
    if snapshot and snapshot.kind is KeyKind.DRAFT:
        raise Violation(Invariant.CLEANED_UP, f"the draft of a {claim.state} claim is still there")
    if snapshot and snapshot.kind is KeyKind.UNREADABLE and Excuse.CORRUPTED not in excuses:
        raise Violation(Invariant.CLEANED_UP, "an unreadable record was left")


def _check_erased(system: SimulatedSystem, model: Model, account_answers: AccountAnswerChecker) -> None:
    """Check that nothing is left of erased accounts, deleted quotes and dead letters past their retention."""
    checker = AccountRowChecker(system.database, system.clock, model)
    for account_id in sorted(account_answers.erased):
        checker.check_erased(account_id)
    gone = [claim.quote_id for claim in system.database.claims() if Excuse.ERASED in model.excuses[claim.quote_id]]
    for quote_id in gone:
        if system.database.quote(quote_id):
            raise Violation(Invariant.ERASED, "a quote that its owner has deleted was built again")
    system.clock.passed += RETENTION + _PASS
    system.operations.purge(lambda: False, lambda: None)
    for claim in system.database.claims():
        if claim.payload and claim.next_at is None:
            raise Violation(Invariant.ERASED, "a dead letter past its retention still has its draft")


def _check_keys(system: SimulatedSystem, model: Model) -> None:
    """Check all keys of a server that the tests own: each has a TTL and a known name."""
    known = {system.store.name(ref) for ref in model.refs.values()}
    for key, _, ends in system.store.all_keys():
        if not ends:
            raise Violation(Invariant.TTL, f"{key} has no TTL")
        if not key.startswith("s:") and key not in known:
            raise Violation(Invariant.DRAFT_KEPT, f"{key} is not the key of a quote")


def _check_secrets(system: SimulatedSystem, answers: AnswerChecker, quotes: list[Started], log: LogCapture) -> None:
    texts = [system.store.dump(system.refs), system.database.dump(), *log.lines]
    everything = "\n".join(texts)
    hashed = [hashlib.new(name, word.encode()).hexdigest() for word in PASSWORDS for name in _FAST_HASHES]
    for secret in (*answers.secrets, *PASSWORDS, *hashed, *(quote.token for quote in quotes)):
        if secret in everything:
            raise Violation(
                Invariant.NO_SECRETS, f"{secret[:6]}… is in {next(text for text in texts if secret in text)[:300]}"
            )
    if log.alarms:
        raise Violation(Invariant.TRUE_ANSWER, f"a false alarm: {log.alarms[0]}")


class _LateClient:
    """A client that calls after the end, and must get true answers."""

    def __init__(self, system: SimulatedSystem, model: Model, answers: AnswerChecker, quote: Started) -> None:
        self._system = system
        self._model = model
        self._answers = answers
        self._quote = quote
        self._named = quote.quote_id, quote.token

    def check(self) -> None:
        claim = self._system.database.claim(self._quote.quote_id)
        snapshot = self._system.store.snapshot(self._model.refs[self._quote.quote_id])
        if claim:
            self._check_claimed(claim)
        elif snapshot and snapshot.draft:
            self._claim(snapshot.draft.details)
        elif snapshot is None:
            self._expect(QuoteExpired, "saves", lambda: self._system.services.save_details(*self._named, {}))

    def _check_claimed(self, claim: Claim) -> None:
        services = self._system.services
        if Excuse.CORRUPTED not in self._model.excuses[claim.quote_id]:
            self._expect(QuoteAlreadyClaimed, "saves", lambda: services.save_details(*self._named, {}))
            self._expect(QuoteAlreadyClaimed, "reads", lambda: services.get_quote(*self._named))
        self._expect(QuoteAlreadyClaimed, "discards", lambda: services.discard_quote(*self._named))
        self._expect(QuoteClaimedByAnother, "registers", partial(self._register, "eve@example.com"))
        for account in self._system.database.accounts():
            if account.account_id == claim.account_id:
                answer = self._register(account.email.key)
                if isinstance(answer, Registered) and answer.account.account_id != account.account_id:
                    raise Violation(Invariant.REPLAY, "the owner got another account")
        self._retry(claim)

    def _retry(self, claim: Claim) -> None:
        """Let an operator retry the claim once more."""
        retry = partial(self._system.operations.retry, claim.quote_id, OPERATOR)
        if claim.state in (ClaimState.DONE, ClaimState.DISCARDED):
            self._expect(ClaimNotOpen, "retries", retry)
            return
        self._answers.invoke(None, claim.quote_id, "retries", retry)
        reconcile_until_settled(self._system)
        claims = [found for found in self._system.database.claims() if found.quote_id == claim.quote_id]
        if len(claims) != 1:
            raise Violation(Invariant.RETRY_ONCE, f"{len(claims)} claims after a retry")

    def _claim(self, details: object) -> None:
        answer = self._register(f"{self._quote.quote_id.lower()}@example.com")
        quote = self._system.database.quote(self._quote.quote_id)
        is_poisoned = Excuse.POISONED in self._model.excuses[self._quote.quote_id]
        if not isinstance(answer, Registered) or (not is_poisoned and (quote is None or quote.details != details)):
            raise Violation(Invariant.CLAIMABLE, f"{answer!r} for a claim of an open quote, and {quote}")

    def _register(self, email: str) -> object:
        register = partial(self._system.services.register_and_claim, *self._named, make_applicant(email))
        return self._answers.invoke(None, self._quote.quote_id, "registers", register)

    def _expect(self, error: type[QuoteholdError], operation: str, call: Callable[[], object]) -> None:
        answer = self._answers.invoke(None, self._quote.quote_id, operation, call)
        if not isinstance(answer, error):
            invariant = _INVARIANT_OF_ERROR.get(error, Invariant.KNOWN_AS_CLAIMED)
            raise Violation(invariant, f"in the end, a client that {operation} got {answer!r} and not {error.__name__}")


def _id(quotes: list[Started], subject: str) -> QuoteId:
    return next((quote.quote_id for quote in quotes if quote.quote_id in subject), QuoteId(subject))
