"""Clients with an account: claim, read, delete, log in and out, change the password, erase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from domain.claims import Claim, ClaimedQuote, ClaimState, Cleanup, NewClaim
from domain.errors import AccessTokenInvalid, ClaimInProgress, QuoteholdError, Unavailable
from domain.model import Access, AccessToken, Account, Draft, Email, Revision, milliseconds, started_at
from domain.use_cases.log_in import LoggedIn
from domain.use_cases.start_quote import Started
from tests.proof.schedules.backends.backend import TOKENS
from tests.proof.schedules.checkers.account_answer_checker import AccountAnswerChecker
from tests.proof.schedules.checkers.answer_checker import Bearer
from tests.proof.schedules.checkers.invariants import Invariant, Violation
from tests.proof.schedules.clients.quote_clients import PASSWORDS, QuoteClients
from tests.proof.schedules.simulation.scheduler import Crashed, Task

T = TypeVar("T")
ACCOUNT_EMAILS = ("cyd@example.com", "dan@example.com")
"""The e-mails of accounts that exist from the start."""
_PAGE_SIZE = 100


@dataclass
class AccountClients:
    """
    Each method spawns a client of the account with that e-mail, or else of the quote's present owner.

    `ended_tokens` are sessions known to have ended, `passwords` all passwords that any account had.
    """

    clients: QuoteClients
    answers: AccountAnswerChecker
    ended_tokens: set[AccessToken] = field(default_factory=set)
    passwords: list[str] = field(default_factory=lambda: list(PASSWORDS))

    def seed_account(self, email: str) -> None:
        """Insert an account with a quote and a session, once, without the ports."""
        system, model = self.clients.system, self.answers.answers.model
        if any(account.email.key == email for at in model.account_history for account in at.values()):
            return
        now, ids = system.clock.now(), system.backend.ids
        password_hash = system.hasher.hash(PASSWORDS[0])
        account = Account(ids.account_id(), Email(email, email), None, password_hash, created_at=now)
        ref, _ = TOKENS.issue(ids.quote_id())
        draft, revision = Draft("motor", {"from": "before"}), Revision(milliseconds(now))
        claim = Claim(ref.quote_id, ref.key_id, account.account_id, ClaimState.DONE, revision, now)
        claim = replace(claim, cleanup=Cleanup.VERIFIED, finished_at=now)
        times = started_at(ref.quote_id), now
        quote = ClaimedQuote(ref.quote_id, account.account_id, draft.product, draft.details, revision, *times)
        system.backend.database.claims.add(NewClaim(account, claim, quote))
        model.refs[ref.quote_id], model.drafts[ref.quote_id, revision] = ref, draft
        model.owners[ref.quote_id] = account.account_id
        model.account_history.append(model.account_history[-1] | {account.account_id: account})
        self.answers.answers.record_session(account, system.backend.store.sessions.open(account))

    def claim(self, quote: Started, email: str, expected: Revision | None = None, repeats: int = 0) -> Task:
        """Spawn a client that claims for the account; it repeats after a refusal or a crash."""
        system = self.clients.system

        def work(task: Task) -> None:
            for left in reversed(range(1 + repeats)):
                had_claim = system.database.claim(quote.quote_id) is not None
                try:
                    bearer, answer = self._invoke_as_owner(
                        task,
                        quote,
                        email,
                        "claims",
                        lambda token: system.services.claim_quote(quote.quote_id, quote.token, token, expected),
                    )
                except Crashed:
                    if left:
                        self.claim(quote, email, expected, left - 1)
                    raise
                if bearer:
                    self.answers.check_claim(quote.quote_id, bearer, answer, had_claim=had_claim)
                if not isinstance(answer, Unavailable | ClaimInProgress | AccessTokenInvalid):
                    return

        return self.clients.spawn("owner", work)

    def delete(self, quote: Started, email: str | None = None, repeats: int = 0) -> Task:
        """Spawn a client that deletes the claimed quote."""
        delete = self.clients.system.services.discard_account_quote

        def work(task: Task) -> None:
            for _ in range(1 + repeats):
                before = self.clients.system.database.claim(quote.quote_id)
                bearer, answer = self._invoke_as_owner(
                    task, quote, email, "deletes", lambda token: delete(token, quote.quote_id)
                )
                self._check_one(quote, bearer, answer, before)
                if not isinstance(answer, Unavailable):
                    return

        return self.clients.spawn("deleter", work)

    def view_account(self, quote: Started, email: str | None = None) -> Task:
        """Spawn a client that reads the quote, the list of quotes and the export."""
        services = self.clients.system.services

        def work(task: Task) -> None:
            before = self.clients.system.database.claim(quote.quote_id)
            get = services.get_account_quote
            bearer, one = self._invoke_as_owner(
                task, quote, email, "looks at", lambda token: get(token, quote.quote_id)
            )
            self._check_one(quote, bearer, one, before)
            for operation in ("lists", "exports"):
                if not bearer:
                    return
                known_quotes = self.answers.owned(bearer.account.account_id)
                found = self._invoke(
                    task, quote, operation, bearer, partial(self._list_quotes, operation, bearer.token)
                )
                if isinstance(found, list):
                    self.answers.check_account_quotes(bearer, found, known_quotes)

        return self.clients.spawn("looker", work)

    def change_password(self, quote: Started, email: str | None = None, *, is_wrong: bool = False) -> Task:
        """Spawn a client that changes the password."""
        system = self.clients.system

        def work(task: Task) -> None:
            bearer = self._bearer(task, quote, email)
            if not bearer:
                return
            new = f"a password, the {len(self.passwords) + 1}th"
            self.passwords.append(new)
            self.answers.answers.secrets.add(new)
            given = self._password(bearer.account.email.key, is_wrong=is_wrong)
            change = partial(system.services.change_password, bearer.token, given, new)
            answer = self._invoke(task, quote, "changes the password", bearer, change, given)
            if isinstance(answer, Access):
                version = bearer.account.credentials_version + 1
                self.answers.answers.record_session(replace(bearer.account, credentials_version=version), answer)

        return self.clients.spawn("changer", work)

    def erase(self, quote: Started, email: str | None = None, repeats: int = 0, *, is_wrong: bool = False) -> Task:
        """Spawn a client that erases the account."""
        system = self.clients.system

        def work(task: Task) -> None:
            for _ in range(1 + repeats):
                bearer = self._bearer(task, quote, email)
                if not bearer:
                    return
                password = self._password(bearer.account.email.key, is_wrong=is_wrong)
                erase = partial(system.services.erase_account, bearer.token, password)
                answer = self._invoke(task, quote, "erases", bearer, erase, password)
                if answer is None:
                    self.answers.check_erased(bearer)
                if not isinstance(answer, Unavailable | AccessTokenInvalid):
                    return

        return self.clients.spawn("eraser", work)

    def log_in(self, quote: Started, email: str | None = None, *, is_wrong: bool = False) -> Task:
        """Spawn a client that logs in, even if it has a session."""

        def work(task: Task) -> None:
            if owner_email := email or self._email(quote):
                self._new_session(task, quote, owner_email, is_wrong=is_wrong)

        return self.clients.spawn("visitor", work)

    def log_out(self, quote: Started, email: str | None = None) -> Task:
        def work(task: Task) -> None:
            bearer = self._bearer(task, quote, email)
            if not bearer:
                return
            was_closed = bearer.token in self.answers.closed
            self.answers.ending.add(bearer.token)
            leave = partial(self.clients.system.services.log_out, bearer.token)
            answer = self.answers.answers.invoke(task, quote.quote_id, "logs out", leave)
            if answer is None and was_closed:
                raise Violation(Invariant.AUTHENTICATED, "a closed session is open")
            if answer is None:
                self.answers.closed.add(bearer.token)

        return self.clients.spawn("leaver", work)

    def _list_quotes(self, operation: str, token: AccessToken) -> object:
        services = self.clients.system.services
        if operation == "lists":
            return services.list_account_quotes(token, None, _PAGE_SIZE).items
        return [exported.quote for exported in services.export_account(token).quotes]

    def _invoke_as_owner(
        self, task: Task, quote: Started, email: str | None, operation: str, call: Callable[[AccessToken], T]
    ) -> tuple[Bearer | None, T | QuoteholdError | None]:
        """Call with an open session, or with a new one."""
        bearer = self._bearer(task, quote, email)
        if not bearer:
            return None, None
        return bearer, self._invoke(task, quote, operation, bearer, partial(call, bearer.token))

    def _invoke(
        self,
        task: Task,
        quote: Started,
        operation: str,
        bearer: Bearer,
        call: Callable[[], T],
        password: str | None = None,
    ) -> T | QuoteholdError:
        answer = self.answers.invoke(task, quote.quote_id, operation, bearer, call, password)
        if isinstance(answer, AccessTokenInvalid):
            self.ended_tokens.add(bearer.token)
        return answer

    def _check_one(self, quote: Started, bearer: Bearer | None, answer: object, before: Claim | None) -> None:
        if bearer:
            was_theirs = before is not None and before.account_id == bearer.account.account_id
            self.answers.check_account_quote(quote.quote_id, bearer, answer, was_theirs=was_theirs)

    def _bearer(self, task: Task, quote: Started, email: str | None) -> Bearer | None:
        owner_email = email or self._email(quote)
        if owner_email is None:
            return None
        known_quotes = [one for one in self.answers.answers.sessions if one.account.email.key == owner_email]
        known = [one for one in known_quotes if one.token not in self.ended_tokens]
        # Oldest credentials first: they should open nothing any more.
        oldest = min(known, key=lambda one: one.account.credentials_version, default=None)
        return oldest or self._new_session(task, quote, owner_email)

    def _new_session(self, task: Task, quote: Started, email: str, *, is_wrong: bool = False) -> Bearer | None:
        password = self._password(email, is_wrong=is_wrong)
        log_in = partial(self.clients.system.services.log_in, Email(email, email), password)
        answer = self.answers.invoke_with_password(task, quote.quote_id, "logs in", email, password, log_in)
        if not isinstance(answer, LoggedIn):
            return None
        self.answers.answers.record_session(answer.account, answer.access)
        return self.answers.answers.sessions[-1]

    def _email(self, quote: Started) -> str | None:
        """Return the e-mail of the quote's present owner."""
        claim = self.clients.system.database.claim(quote.quote_id)
        accounts = self.clients.system.database.accounts()
        return next((one.email.key for one in accounts if claim and one.account_id == claim.account_id), None)

    def _password(self, email: str, *, is_wrong: bool) -> str:
        """Return the present password of that account, or a wrong one."""
        accounts, verify = self.clients.system.database.accounts(), self.clients.system.hasher.verify
        password_hash = next((one.password_hash for one in accounts if one.email.key == email), None)
        return next(word for word in self.passwords if verify(password_hash, word) is not is_wrong or not password_hash)
