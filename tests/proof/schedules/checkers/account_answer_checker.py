"""Checks answers to account owners against the accounts committed between request and answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from domain.accounts.account_quote import AccountQuote
from domain.claims import QuoteStatus
from domain.errors import (
    AccessTokenInvalid,
    BadCredentials,
    QuoteClaimedByAnother,
    QuoteholdError,
    QuoteNotFound,
    Unavailable,
)
from domain.model import AccessToken, Account, AccountId, QuoteId
from domain.use_cases.claim_quote import ClaimQuoteResult
from tests.proof.schedules.checkers.answer_checker import AnswerChecker, Bearer
from tests.proof.schedules.checkers.invariants import Excuse, Invariant, Violation
from tests.proof.schedules.simulation.scheduler import Task

T = TypeVar("T")
_EXCUSES_OF_MISSING_ROWS = {Excuse.ERASED, Excuse.OPERATED}


@dataclass
class AccountAnswerChecker:
    """
    Sessions and accounts as the answers described them.

    `ending` are sessions that their owners asked to close. `closed` are closed sessions, `erased` erased accounts.
    """

    answers: AnswerChecker
    ending: set[AccessToken] = field(default_factory=set)
    closed: set[AccessToken] = field(default_factory=set)
    erased: set[AccountId] = field(default_factory=set)
    claimed: set[QuoteId] = field(default_factory=set)

    def invoke_with_password(
        self, task: Task, quote_id: QuoteId, operation: str, email: str, password: str, call: Callable[[], T]
    ) -> T | QuoteholdError:
        """Make a call that names e-mail and password, and check its answer."""
        since = self.account_changes
        answer = self.answers.invoke(task, quote_id, operation, call)
        moments = self.answers.model.accounts_since(since)
        found = [next((one for one in at.values() if one.email.key == email), None) for at in moments]
        self._check_password(found, password, answer)
        return answer

    def invoke(
        self,
        task: Task,
        quote_id: QuoteId,
        operation: str,
        bearer: Bearer,
        call: Callable[[], T],
        password: str | None = None,
    ) -> T | QuoteholdError:
        """Make a call with a session, and with the password if one is needed, and check its answer."""
        since, is_closed = self.account_changes, bearer.token in self.closed
        answer = self.answers.invoke(task, quote_id, operation, call)
        moments = self.answers.model.accounts_since(since)
        found = [at.get(bearer.account.account_id) for at in moments]
        is_right = [_is_as(account, bearer) for account in found]
        if isinstance(answer, AccessTokenInvalid):
            if all(is_right) and bearer.token not in self.ending:
                raise Violation(
                    Invariant.TRUE_ANSWER, f"a client that {operation} with an open session got access-token-invalid"
                )
        elif not isinstance(answer, Unavailable) and (is_closed or not any(is_right)):
            raise Violation(Invariant.AUTHENTICATED, f"a client that {operation} used an ended session")
        elif password is not None:
            self._check_password(found, password, answer)
        return answer

    @property
    def account_changes(self) -> int:
        """The number of changes of accounts so far."""
        return len(self.answers.model.account_history) - 1

    def check_claim(self, quote_id: QuoteId, bearer: Bearer, answer: object, *, had_claim: bool) -> None:
        """Check the answer to a claim with a session."""
        claim, account_id = self.answers.system.database.claim(quote_id), bearer.account.account_id
        if isinstance(answer, QuoteClaimedByAnother) and claim and claim.account_id == account_id:
            raise Violation(Invariant.REPLAY, "the owner got quote-claimed")
        if not isinstance(answer, ClaimQuoteResult):
            return
        if claim is None or answer.quote.quote_id != quote_id:
            raise Violation(Invariant.COMMITTED_ROWS, "a claim was acknowledged, but there is none")
        if answer.is_new and (had_claim or quote_id in self.claimed):
            raise Violation(Invariant.TRUE_ANSWER, "an existing claim was called new")
        if claim.account_id not in (account_id, None):
            raise Violation(Invariant.REPLAY, f"claimed for {account_id}, but the claim has {claim.account_id}")
        if not _EXCUSES_OF_MISSING_ROWS & self.answers.model.excuses[quote_id]:
            is_there = self.answers.system.database.quote(quote_id) is not None
            if claim.account_id is None or (answer.quote.status is QuoteStatus.CLAIMED and not is_there):
                raise Violation(Invariant.COMMITTED_ROWS, "a claim was acknowledged, but there is no quote")
        self.claimed |= {quote_id} if answer.is_new else set()
        self.answers.check_owner(quote_id, account_id)

    def check_erased(self, bearer: Bearer) -> None:
        """Check that an acknowledged erasure left no account."""
        account_id = bearer.account.account_id
        self.erased.add(account_id)
        if any(account_id in at for at in self.answers.model.account_history[-1:]):
            raise Violation(Invariant.ERASED, "an erased account still exists")

    def check_account_quote(self, quote_id: QuoteId, bearer: Bearer, answer: object, *, was_theirs: bool) -> None:
        """Check the answer to reading or deleting one quote of an account."""
        account_id, claim = bearer.account.account_id, self.answers.system.database.claim(quote_id)
        is_theirs = claim is not None and claim.account_id == account_id
        if isinstance(answer, QuoteNotFound) and was_theirs and is_theirs:
            raise Violation(Invariant.TRUE_ANSWER, "the owner got quote-not-found")
        if not isinstance(answer, QuoteholdError):
            self._check_owner(quote_id, account_id)
            if answer is None and is_theirs:
                raise Violation(Invariant.ERASED, "a deleted quote still exists")

    def check_account_quotes(self, bearer: Bearer, shown: list[AccountQuote], before: set[QuoteId]) -> None:
        """Check a list of quotes; `before` are the quotes that the account had when it was asked for."""
        account_id, ids = bearer.account.account_id, [quote.quote_id for quote in shown]
        for quote_id in ids:
            self._check_owner(quote_id, account_id)
        if len(set(ids)) < len(ids) or not self.owned(account_id) & before <= set(ids):
            raise Violation(Invariant.TRUE_ANSWER, f"an owner is shown {ids}, and not {before}")

    def owned(self, account_id: AccountId) -> set[QuoteId]:
        claims = self.answers.system.database.claims()
        return {claim.quote_id for claim in claims if claim.account_id == account_id}

    def _check_owner(self, quote_id: QuoteId, account_id: AccountId) -> None:
        if self.answers.model.owners.get(quote_id) != account_id:
            raise Violation(Invariant.AUTHENTICATED, f"{account_id} read or deleted a quote of another account")

    def _check_password(self, found: list[Account | None], password: str, answer: Any) -> None:
        verify = self.answers.system.hasher.verify
        is_right = [account is not None and verify(account.password_hash, password) for account in found]
        if isinstance(answer, BadCredentials) and all(is_right):
            raise Violation(Invariant.TRUE_ANSWER, "the password is called wrong, but is right")
        if not isinstance(answer, BadCredentials | Unavailable) and not any(is_right):
            raise Violation(Invariant.AUTHENTICATED, "a client logged in without the password")


def _is_as(account: Account | None, bearer: Bearer) -> bool:
    return account is not None and account.credentials_version == bearer.account.credentials_version
