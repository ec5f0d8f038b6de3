"""What owners of accounts are told, held against what was committed at some moment between question and answer."""

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
from tests.proof.schedules.checkers.answer_checker import Answers, Bearer
from tests.proof.schedules.checkers.invariants import Broken, Excuse, Rule
from tests.proof.schedules.simulation.scheduler import Actor

T = TypeVar("T")
_GIVEN_UP = {Excuse.ERASED, Excuse.OPERATED}


@dataclass
class AccountAnswers:
    """`left` are the sessions that somebody wanted to end, `closed` those that have ended; `erased` are accounts."""

    answers: Answers
    left: set[AccessToken] = field(default_factory=set)
    closed: set[AccessToken] = field(default_factory=set)
    erased: set[AccountId] = field(default_factory=set)
    claimed: set[QuoteId] = field(default_factory=set)

    def ask_by_password(
        self, actor: Actor, quote_id: QuoteId, what: str, email: str, password: str, call: Callable[[], T]
    ) -> T | QuoteholdError:
        """Who has no session yet."""
        since = self.now
        answer = self.answers.ask(actor, quote_id, what, call)
        moments = self.answers.notes.accounts_since(since)
        found = [next((one for one in at.values() if one.email.key == email), None) for at in moments]
        self._judge_password(found, password, answer)
        return answer

    def ask(
        self,
        actor: Actor,
        quote_id: QuoteId,
        what: str,
        bearer: Bearer,
        call: Callable[[], T],
        password: str | None = None,
    ) -> T | QuoteholdError:
        """Who has a session, and, where it is asked for, the password too."""
        since, is_closed = self.now, bearer.token in self.closed
        answer = self.answers.ask(actor, quote_id, what, call)
        moments = self.answers.notes.accounts_since(since)
        found = [at.get(bearer.account.account_id) for at in moments]
        is_right = [_is_as(account, bearer) for account in found]
        if isinstance(answer, AccessTokenInvalid):
            if all(is_right) and bearer.token not in self.left:
                raise Broken(Rule.TOLD, f"who {what} is told that a session is none, which is open")
        elif not isinstance(answer, Unavailable) and (is_closed or not any(is_right)):
            raise Broken(Rule.LET_IN, f"who {what} has a session that has ended")
        elif password is not None:
            self._judge_password(found, password, answer)
        return answer

    @property
    def now(self) -> int:
        """By how many changes of accounts there were."""
        return len(self.answers.notes.accounts) - 1

    def judge_claim(self, quote_id: QuoteId, bearer: Bearer, answer: object, *, had_claim: bool) -> None:
        """What who claims a quote for an account is told."""
        claim, account_id = self.answers.site.database.claim(quote_id), bearer.account.account_id
        if isinstance(answer, QuoteClaimedByAnother) and claim and claim.account_id == account_id:
            raise Broken(Rule.REPLAY, "the owner is told that the quote is another's")
        if not isinstance(answer, ClaimQuoteResult):
            return
        if claim is None or answer.quote.quote_id != quote_id:
            raise Broken(Rule.ROWS, "a claim was acknowledged, but there is none")
        if answer.is_new and (had_claim or quote_id in self.claimed):
            raise Broken(Rule.TOLD, "a claim is told to be new, but there was one")
        if claim.account_id not in (account_id, None):
            raise Broken(Rule.REPLAY, f"claimed for {account_id}, but the claim has {claim.account_id}")
        if not _GIVEN_UP & self.answers.notes.excuses[quote_id]:
            is_there = self.answers.site.database.quote(quote_id) is not None
            if claim.account_id is None or (answer.quote.status is QuoteStatus.CLAIMED and not is_there):
                raise Broken(Rule.ROWS, "a claim was acknowledged, but there is no quote")
        self.claimed |= {quote_id} if answer.is_new else set()
        self.answers.belongs(quote_id, account_id)

    def judge_erased(self, bearer: Bearer) -> None:
        """What is left when an erasure was acknowledged."""
        account_id = bearer.account.account_id
        self.erased.add(account_id)
        if any(account_id in at for at in self.answers.notes.accounts[-1:]):
            raise Broken(Rule.FORGOTTEN, "an account was erased, but is there")

    def judge_of_one(self, quote_id: QuoteId, bearer: Bearer, answer: object, *, was_theirs: bool) -> None:
        """What who looks at a quote of an account, or deletes it, is told."""
        account_id, claim = bearer.account.account_id, self.answers.site.database.claim(quote_id)
        is_theirs = claim is not None and claim.account_id == account_id
        if isinstance(answer, QuoteNotFound) and was_theirs and is_theirs:
            raise Broken(Rule.TOLD, "the owner is told that there is no such quote")
        if not isinstance(answer, QuoteholdError):
            self._judge_owner(quote_id, account_id)
            if answer is None and is_theirs:
                raise Broken(Rule.FORGOTTEN, "a quote was deleted, but is there")

    def judge_all(self, bearer: Bearer, shown: list[AccountQuote], before: set[QuoteId]) -> None:
        """What an owner is shown; `before` are the quotes that were his when he asked."""
        account_id, ids = bearer.account.account_id, [quote.quote_id for quote in shown]
        for quote_id in ids:
            self._judge_owner(quote_id, account_id)
        if len(set(ids)) < len(ids) or not self.owned(account_id) & before <= set(ids):
            raise Broken(Rule.TOLD, f"an owner is shown {ids}, and not {before}")

    def owned(self, account_id: AccountId) -> set[QuoteId]:
        claims = self.answers.site.database.claims()
        return {claim.quote_id for claim in claims if claim.account_id == account_id}

    def _judge_owner(self, quote_id: QuoteId, account_id: AccountId) -> None:
        if self.answers.notes.owners.get(quote_id) != account_id:
            raise Broken(Rule.LET_IN, f"somebody else's quote was shown to {account_id}, or deleted")

    def _judge_password(self, found: list[Account | None], password: str, answer: Any) -> None:
        verify = self.answers.site.hasher.verify
        is_right = [account is not None and verify(account.password_hash, password) for account in found]
        if isinstance(answer, BadCredentials) and all(is_right):
            raise Broken(Rule.TOLD, "the password is called wrong, but is right")
        if not isinstance(answer, BadCredentials | Unavailable) and not any(is_right):
            raise Broken(Rule.LET_IN, "somebody is let in without the password")


def _is_as(account: Account | None, bearer: Bearer) -> bool:
    return account is not None and account.credentials_version == bearer.account.credentials_version
