"""Who has an account, and what they do with it."""

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
from tests.proof.schedules.checkers.account_answer_checker import AccountAnswers
from tests.proof.schedules.checkers.answer_checker import Bearer
from tests.proof.schedules.checkers.invariants import Broken, Rule
from tests.proof.schedules.clients.quote_clients import PASSWORDS, People
from tests.proof.schedules.simulation.scheduler import Actor, Crashed

T = TypeVar("T")
OWNERS = ("cyd@example.com", "dan@example.com")
"""Who has an account from before."""
_MOST = 100


@dataclass
class Owners:
    """
    Each method lets somebody enter the stage: the one with that e-mail, or, without one, the owner of the quote, if it
    has one by then. `ended` are the sessions of which they know that, `passwords` those that any of them ever had.
    """

    people: People
    answers: AccountAnswers
    ended: set[AccessToken] = field(default_factory=set)
    passwords: list[str] = field(default_factory=lambda: list(PASSWORDS))

    def settle(self, email: str) -> None:
        """Let there have been an account, with a quote and a session; once, and past all ports."""
        site, notes = self.people.site, self.answers.answers.notes
        if any(account.email.key == email for at in notes.accounts for account in at.values()):
            return
        now, ids = site.clock.now(), site.servers.ids
        password_hash = site.hasher.hash(PASSWORDS[0])
        account = Account(ids.account_id(), Email(email, email), None, password_hash, created_at=now)
        ref, _ = TOKENS.issue(ids.quote_id())
        draft, revision = Draft("motor", {"from": "before"}), Revision(milliseconds(now))
        claim = Claim(ref.quote_id, ref.key_id, account.account_id, ClaimState.DONE, revision, now)
        claim = replace(claim, cleanup=Cleanup.VERIFIED, finished_at=now)
        times = started_at(ref.quote_id), now
        quote = ClaimedQuote(ref.quote_id, account.account_id, draft.product, draft.details, revision, *times)
        site.servers.database.claims.add(NewClaim(account, claim, quote))
        notes.refs[ref.quote_id], notes.drafts[ref.quote_id, revision] = ref, draft
        notes.owners[ref.quote_id] = account.account_id
        notes.accounts.append(notes.accounts[-1] | {account.account_id: account})
        self.answers.answers.opened(account, site.servers.store.sessions.open(account))

    def claims(self, quote: Started, email: str, expected: Revision | None = None, repeats: int = 0) -> Actor:
        """For the account, and again as often as that may help; also where the process dies under the request."""
        site = self.people.site

        def work(actor: Actor) -> None:
            for left in reversed(range(1 + repeats)):
                had_claim = site.database.claim(quote.quote_id) is not None
                try:
                    bearer, answer = self._as_owner(
                        actor,
                        quote,
                        email,
                        "claims",
                        lambda token: site.services.claim_quote(quote.quote_id, quote.token, token, expected),
                    )
                except Crashed:
                    if left:
                        self.claims(quote, email, expected, left - 1)
                    raise
                if bearer:
                    self.answers.judge_claim(quote.quote_id, bearer, answer, had_claim=had_claim)
                if not isinstance(answer, Unavailable | ClaimInProgress | AccessTokenInvalid):
                    return

        return self.people.enter("owner", work)

    def deletes(self, quote: Started, email: str | None = None, repeats: int = 0) -> Actor:
        """The claimed quote."""
        delete = self.people.site.services.discard_account_quote

        def work(actor: Actor) -> None:
            for _ in range(1 + repeats):
                before = self.people.site.database.claim(quote.quote_id)
                bearer, answer = self._as_owner(
                    actor, quote, email, "deletes", lambda token: delete(token, quote.quote_id)
                )
                self._judge_one(quote, bearer, answer, before)
                if not isinstance(answer, Unavailable):
                    return

        return self.people.enter("deleter", work)

    def looks(self, quote: Started, email: str | None = None) -> Actor:
        """At the quote, at all of them, and at what else is kept of him."""
        services = self.people.site.services

        def work(actor: Actor) -> None:
            before = self.people.site.database.claim(quote.quote_id)
            get = services.get_account_quote
            bearer, one = self._as_owner(actor, quote, email, "looks at", lambda token: get(token, quote.quote_id))
            self._judge_one(quote, bearer, one, before)
            for what in ("lists", "exports"):
                if not bearer:
                    return
                theirs = self.answers.owned(bearer.account.account_id)
                found = self._ask(actor, quote, what, bearer, partial(self._all, what, bearer.token))
                if isinstance(found, list):
                    self.answers.judge_all(bearer, found, theirs)

        return self.people.enter("looker", work)

    def changes_password(self, quote: Started, email: str | None = None, *, is_wrong: bool = False) -> Actor:
        """To another one."""
        site = self.people.site

        def work(actor: Actor) -> None:
            bearer = self._bearer(actor, quote, email)
            if not bearer:
                return
            new = f"a password, the {len(self.passwords) + 1}th"
            self.passwords.append(new)
            self.answers.answers.secrets.add(new)
            given = self._password(bearer.account.email.key, is_wrong=is_wrong)
            change = partial(site.services.change_password, bearer.token, given, new)
            answer = self._ask(actor, quote, "changes the password", bearer, change, given)
            if isinstance(answer, Access):
                version = bearer.account.credentials_version + 1
                self.answers.answers.opened(replace(bearer.account, credentials_version=version), answer)

        return self.people.enter("changer", work)

    def erases(self, quote: Started, email: str | None = None, repeats: int = 0, *, is_wrong: bool = False) -> Actor:
        """The account with all that is in it."""
        site = self.people.site

        def work(actor: Actor) -> None:
            for _ in range(1 + repeats):
                bearer = self._bearer(actor, quote, email)
                if not bearer:
                    return
                password = self._password(bearer.account.email.key, is_wrong=is_wrong)
                erase = partial(site.services.erase_account, bearer.token, password)
                answer = self._ask(actor, quote, "erases", bearer, erase, password)
                if answer is None:
                    self.answers.judge_erased(bearer)
                if not isinstance(answer, Unavailable | AccessTokenInvalid):
                    return

        return self.people.enter("eraser", work)

    def logs_in(self, quote: Started, email: str | None = None, *, is_wrong: bool = False) -> Actor:
        """Though there may be a session."""

        def work(actor: Actor) -> None:
            if whose := email or self._email(quote):
                self._logged_in(actor, quote, whose, is_wrong=is_wrong)

        return self.people.enter("visitor", work)

    def logs_out(self, quote: Started, email: str | None = None) -> Actor:
        def work(actor: Actor) -> None:
            bearer = self._bearer(actor, quote, email)
            if not bearer:
                return
            was_closed = bearer.token in self.answers.closed
            self.answers.left.add(bearer.token)
            leave = partial(self.people.site.services.log_out, bearer.token)
            answer = self.answers.answers.ask(actor, quote.quote_id, "logs out", leave)
            if answer is None and was_closed:
                raise Broken(Rule.LET_IN, "a session that was closed is open")
            if answer is None:
                self.answers.closed.add(bearer.token)

        return self.people.enter("leaver", work)

    def _all(self, what: str, token: AccessToken) -> object:
        services = self.people.site.services
        if what == "lists":
            return services.list_account_quotes(token, None, _MOST).items
        return [exported.quote for exported in services.export_account(token).quotes]

    def _as_owner(
        self, actor: Actor, quote: Started, email: str | None, what: str, call: Callable[[AccessToken], T]
    ) -> tuple[Bearer | None, T | QuoteholdError | None]:
        """With a session: an older one, or, if that has ended or there is none, a new one."""
        bearer = self._bearer(actor, quote, email)
        if not bearer:
            return None, None
        return bearer, self._ask(actor, quote, what, bearer, partial(call, bearer.token))

    def _ask(
        self,
        actor: Actor,
        quote: Started,
        what: str,
        bearer: Bearer,
        call: Callable[[], T],
        password: str | None = None,
    ) -> T | QuoteholdError:
        answer = self.answers.ask(actor, quote.quote_id, what, bearer, call, password)
        if isinstance(answer, AccessTokenInvalid):
            self.ended.add(bearer.token)
        return answer

    def _judge_one(self, quote: Started, bearer: Bearer | None, answer: object, before: Claim | None) -> None:
        if bearer:
            was_theirs = before is not None and before.account_id == bearer.account.account_id
            self.answers.judge_of_one(quote.quote_id, bearer, answer, was_theirs=was_theirs)

    def _bearer(self, actor: Actor, quote: Started, email: str | None) -> Bearer | None:
        whose = email or self._email(quote)
        if whose is None:
            return None
        theirs = [one for one in self.answers.answers.sessions if one.account.email.key == whose]
        known = [one for one in theirs if one.token not in self.ended]
        # One of older credentials first, which should open nothing any more.
        oldest = min(known, key=lambda one: one.account.credentials_version, default=None)
        return oldest or self._logged_in(actor, quote, whose)

    def _logged_in(self, actor: Actor, quote: Started, email: str, *, is_wrong: bool = False) -> Bearer | None:
        password = self._password(email, is_wrong=is_wrong)
        log_in = partial(self.people.site.services.log_in, Email(email, email), password)
        answer = self.answers.ask_by_password(actor, quote.quote_id, "logs in", email, password, log_in)
        if not isinstance(answer, LoggedIn):
            return None
        self.answers.answers.opened(answer.account, answer.access)
        return self.answers.answers.sessions[-1]

    def _email(self, quote: Started) -> str | None:
        """Of who owns the quote now."""
        claim = self.people.site.database.claim(quote.quote_id)
        accounts = self.people.site.database.accounts()
        return next((one.email.key for one in accounts if claim and one.account_id == claim.account_id), None)

    def _password(self, email: str, *, is_wrong: bool) -> str:
        """The present one of that account, or another."""
        accounts, verify = self.people.site.database.accounts(), self.people.site.hasher.verify
        password_hash = next((one.password_hash for one in accounts if one.email.key == email), None)
        return next(word for word in self.passwords if verify(password_hash, word) is not is_wrong or not password_hash)
