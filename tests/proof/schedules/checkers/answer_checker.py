"""What people are told: each answer of a use case, held against what is committed and stored at that moment."""

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
from tests.proof.schedules.checkers.invariants import Broken, Excuse, Rule
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.simulation.scheduler import Actor
from tests.proof.schedules.simulation.system import Site

T = TypeVar("T")
_LOOSE = {Excuse.LEASE_ENDED, Excuse.ROLLED_BACK, Excuse.NOT_HELD, Excuse.CORRUPTED, Excuse.EXPIRED}
"""What lets a discard and a claim meet: then none of them can be held up. The same person asked for both."""

OF_OWNERS = ("deletes", "looks at")
"""What is done to a quote that may be another's, or none."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody with a session of an account; the account as it was when that was opened."""

    token: AccessToken
    account: Account


@dataclass
class Answers:
    """`accounts` are those that were told to the owner of each quote; `secrets` what nobody may find anywhere."""

    site: Site
    notes: Notes
    accounts: dict[QuoteId, AccountId] = field(default_factory=dict)
    discarded: set[QuoteId] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    sessions: list[Bearer] = field(default_factory=list)
    """All that anybody was told of."""

    def ask(self, actor: Actor | None, quote_id: QuoteId, what: str, call: Callable[[], T]) -> T | QuoteholdError:
        """Ask for it, and judge the answer."""
        had_claim = self._has_claim(quote_id)
        had_draft = self._has_draft(quote_id)
        faults = actor.faults if actor else 0
        start = len(self.site.stage.history)
        answer: Any
        try:
            answer = call()
        except QuoteholdError as error:
            answer = error
        except Exception as error:
            raise Broken(Rule.TOLD, f"{what} met {type(error).__name__}: {error}") from error
        if actor:
            self.site.stage.history.append((actor.name, what, answer))
        if isinstance(answer, QuoteholdError):
            self._judge_refusal(quote_id, what, answer, had_claim, had_draft)
            if isinstance(answer, EmailTaken | AccessTokenInvalid) and actor and actor.faults == faults:
                self._judge_refused_account(quote_id, actor, start)
            if isinstance(answer, DatabaseUnavailable) and actor and what in ("registers", "claims"):
                self._judge_refused_commit(quote_id, actor, start)
        elif what == "discards":
            if actor and any(call in self.notes.missed for _, call, _ in self._calls(actor, start)):
                raise Broken(Rule.CLAIMED, "a claimed quote that the store did not have was discarded")
            self._judge_discard(quote_id, had_claim)
        return answer

    def merged(self, quote_id: QuoteId, patch: Details, answer: object) -> None:
        """Judge what a merge says that it has made."""
        if isinstance(answer, Quote):
            before = self.notes.previous.get((quote_id, answer.revision))
            if before is None or merge_patch(before.details, patch) != answer.details:
                raise Broken(Rule.SAVES, f"{patch} merged into {before} is {answer.details}")

    def _judge_refused_account(self, quote_id: QuoteId, actor: Actor, start: int) -> None:
        """If this request has frozen the draft, and no earlier one, it is open again."""
        if any(call.method == "begin_claim" for _, call, _ in self._calls(actor, start)):
            self._judge_reopened(quote_id, actor)

    def _judge_refused_commit(self, quote_id: QuoteId, actor: Actor, start: int) -> None:
        """If nothing else failed, the draft is open again."""
        failed = [(call.name, fault) for _, call, fault in self._calls(actor, start) if fault is not Fault.NONE]
        if failed == [("claims.add", Fault.REFUSED)]:
            self._judge_reopened(quote_id, actor)

    def _calls(self, actor: Actor, start: int) -> list[Any]:
        events = self.site.stage.history[start:]
        return [event for event in events if event[0] == actor.name and isinstance(event[1], Call)]

    def registered(self, quote_id: QuoteId, done: Registered, password: str, since: int) -> None:
        """Judge a 201 to what was asked when accounts had changed so often."""
        claim = self.site.database.claim(quote_id)
        if claim is None:
            raise Broken(Rule.ROWS, "a 201, but no claim")
        if done.quote.quote_id != quote_id:
            raise Broken(Rule.REPLAY, "a 201 of another quote")
        if Excuse.ERASED not in self.notes.excuses[quote_id]:
            self._judge_receipt(claim, done)
        moments = self.notes.accounts_since(since)
        found = [account for at in moments if (account := at.get(done.account.account_id))]
        if not any(self.site.hasher.verify(account.password_hash, password) for account in found):
            raise Broken(Rule.REPLAY, "a replay without the password")
        self.belongs(quote_id, done.account.account_id)
        if done.access:
            self.opened(done.account, done.access)

    def belongs(self, quote_id: QuoteId, account_id: AccountId) -> None:
        """Judge that its owner is told that it is in that account."""
        if self.accounts.setdefault(quote_id, account_id) != account_id:
            raise Broken(Rule.REPLAY, f"it belongs to {self.accounts[quote_id]}, and then to {account_id}")
        self._judge_both(quote_id)

    def opened(self, account: Account, access: Access) -> None:
        """Judge a session that somebody is told of."""
        self.secrets.add(access.token)
        self.sessions.append(Bearer(access.token, account))
        session = self.site.servers.store.sessions.find(access.token)
        if session and session.account_id != account.account_id:
            raise Broken(Rule.REPLAY, "a session of another account")

    def _judge_receipt(self, claim: Claim, done: Registered) -> None:
        if done.quote.status is QuoteStatus.CLAIMED and self.site.database.quote(claim.quote_id) is None:
            raise Broken(Rule.ROWS, "a 201 says claimed, but there is no quote")
        if claim.account_id is None:
            return  # an operator gave the claim up meanwhile
        if claim.account_id != done.account.account_id:
            raise Broken(Rule.REPLAY, f"a 201 with {done.account.account_id}, the claim has {claim.account_id}")
        rows = [row for row in self.site.database.accounts() if row.account_id == claim.account_id]
        if not rows:
            raise Broken(Rule.ROWS, "a 201, but no account")

    def _judge_refusal(
        self, quote_id: QuoteId, what: str, error: QuoteholdError, had_claim: bool, had_draft: bool
    ) -> None:
        has_claim = self._has_claim(quote_id)
        match error:
            case Signal() | QuoteNotFound() if not (isinstance(error, QuoteNotFound) and what in OF_OWNERS):
                raise Broken(Rule.TOLD, f"who {what} is told {type(error).__name__}")
            case QuoteExpired() if had_claim:
                raise Broken(Rule.CLAIMED, f"who {what} is told that the claimed quote expired")
            case QuoteExpired() if had_draft and self._has_draft(quote_id) and not self._has_moved(quote_id):
                raise Broken(Rule.TOLD, f"who {what} is told that the quote expired, which is there")
            case QuoteAlreadyClaimed() | QuoteClaimedByAnother() if not has_claim:
                raise Broken(Rule.TOLD, f"who {what} is told that the quote was claimed, but there is no claim")
            case EmailTaken() if what != "registers":
                raise Broken(Rule.TOLD, f"who {what} is told that the e-mail is taken")
            case EmailTaken() if had_claim:
                raise Broken(Rule.REPLAY, f"who {what} is told that the e-mail is taken, but the quote was claimed")
            case OperatorRefused() if what not in ("retries", "gives up"):
                raise Broken(Rule.TOLD, f"who {what} is told {type(error).__name__}")

    def _judge_reopened(self, quote_id: QuoteId, actor: Actor) -> None:
        view = self.site.store.view(self.notes.refs[quote_id])
        if view and view.holder and view.holder == actor.attempt:
            raise Broken(Rule.OPEN, "nothing was claimed, but the quote is still frozen")

    def _judge_discard(self, quote_id: QuoteId, had_claim: bool) -> None:
        if had_claim:
            raise Broken(Rule.CLAIMED, "a claimed quote was discarded")
        self.discarded.add(quote_id)
        self._judge_both(quote_id)

    def _judge_both(self, quote_id: QuoteId) -> None:
        is_both = quote_id in self.discarded and quote_id in self.accounts
        if is_both and not _LOOSE & self.notes.excuses[quote_id]:
            raise Broken(Rule.BOTH, "the claim and the discard of one quote were both acknowledged")

    def _has_claim(self, quote_id: QuoteId) -> bool:
        return self.site.database.claim(quote_id) is not None

    def _has_draft(self, quote_id: QuoteId) -> bool:
        ref = self.notes.refs.get(quote_id)
        view = self.site.store.view(ref) if ref else None
        return view is not None and view.draft is not None

    def _has_moved(self, quote_id: QuoteId) -> bool:
        """Whether the draft may have been away for a moment."""
        return bool({Excuse.ROLLED_BACK, Excuse.EXPIRED} & self.notes.excuses[quote_id])
