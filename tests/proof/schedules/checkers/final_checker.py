"""The end: faults stop, the reconciler has its passes, and then everything must be as it was promised."""

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
from domain.repairing.summaries import KeyKind
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from domain.use_cases.verify_claims import FindingKind
from tests.proof.schedules.checkers.account_answer_checker import AccountAnswers
from tests.proof.schedules.checkers.account_row_checker import RETENTION, AccountWitness
from tests.proof.schedules.checkers.answer_checker import Answers
from tests.proof.schedules.checkers.invariants import Broken, Excuse, Rule
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.clients.quote_clients import OPERATOR, PASSWORDS, person
from tests.proof.schedules.simulation.log_capture import Ears
from tests.proof.schedules.simulation.system import Site

_MOST_PASSES = 60
_PASS = timedelta(hours=4)
"""More than a clock may be wrong by."""
_FAST = ("md5", "sha1", "sha256")
"""Hashes by which a password is guessed in no time."""
_UNBUILT: dict[Cause | None, set[Excuse]] = {
    Cause.EXPIRED: {Excuse.EXPIRED, Excuse.ROLLED_BACK, Excuse.DISCARDED, Excuse.PURGED},
    Cause.DRAFT_UNREADABLE: {Excuse.CORRUPTED},
    Cause.QUOTE_REFUSED: {Excuse.POISONED},
    Cause.PURGED: {Excuse.PURGED},
}
"""What must have been done to a quote that is not there for this cause."""


def settle(site: Site) -> None:
    """The passes of a reconciler, each when something is due, until nothing ever is again. The store's time stands."""
    for ref in site.refs:
        view = site.store.view(ref)
        if view and view.holder:
            site.store.end_lease(ref)
    for number in range(_MOST_PASSES):
        if number == _MOST_PASSES // 2:
            _end_the_unreadable(site)
        times = [claim.next_at for claim in site.database.claims() if claim.next_at]
        if not times:
            return
        site.clock.wait_until(min(times))
        site.operations.reconcile(lambda: False, lambda outcome: None)
    raise Broken(Rule.CLEANED, "the reconciler finds no end")


def _end_the_unreadable(site: Site) -> None:
    """What cannot be read beside a claim is looked at until its time ends."""
    for ref in site.refs:
        view = site.store.view(ref)
        if view and view.kind is KeyKind.UNREADABLE:
            site.store.end_time(ref)


def judge(site: Site, notes: Notes, owners: AccountAnswers, quotes: list[Started], ears: Ears) -> None:
    """Raises: Broken"""
    answers = owners.answers
    _judge_accounts(site, notes)
    for claim in site.database.claims():
        _judge_claim(site, notes, claim)
    for finding in site.operations.verify(lambda what, number: None):
        is_left = finding.kind is FindingKind.RECORD_UNREADABLE
        if not (is_left and Excuse.CORRUPTED in notes.excuses[_id(quotes, finding.subject)]):
            raise Broken(Rule.TOLD, f"the checker finds {finding}")
    for quote in quotes:
        _Visitors(site, notes, answers, quote).come()
    _judge_forgotten(site, notes, owners)
    _judge_keys(site, notes)
    _judge_secrets(site, answers, quotes, ears)


def _judge_accounts(site: Site, notes: Notes) -> None:
    accounts = site.database.accounts()
    email, number = next(iter(Counter(account.email.key for account in accounts).most_common(1)), ("", 0))
    if number > 1:
        raise Broken(Rule.ONE, f"{number} accounts of {email}")
    owners = {claim.account_id for claim in site.database.claims()}
    given_up = any({Excuse.OPERATED, Excuse.ERASED} & excuses for excuses in notes.excuses.values())
    for account in accounts:
        if account.account_id not in owners and not given_up:
            raise Broken(Rule.ONE, f"account {account.account_id} has claimed nothing")


def _judge_claim(site: Site, notes: Notes, claim: Claim) -> None:
    excuses = notes.excuses[claim.quote_id]
    is_lost = claim.state in (ClaimState.DEAD, ClaimState.RETRY, ClaimState.FETCH_PENDING)
    if is_lost and not _UNBUILT.get(claim.cause, set()) & excuses:
        raise Broken(Rule.ROWS, f"a claim was never built: {claim.cause}, {claim.last_error}")
    view = site.store.view(notes.refs[claim.quote_id])
    if view and view.kind is KeyKind.DRAFT:
        raise Broken(Rule.CLEANED, f"the draft of a {claim.state} claim is still there")
    if view and view.kind is KeyKind.UNREADABLE and Excuse.CORRUPTED not in excuses:
        raise Broken(Rule.CLEANED, "something that cannot be read was left there")


def _judge_forgotten(site: Site, notes: Notes, owners: AccountAnswers) -> None:
    """What its owner wanted to be gone, and what was kept long enough."""
    witness = AccountWitness(site.database, site.clock, notes)
    for account_id in sorted(owners.erased):
        witness.judge_erased(account_id)
    gone = [claim.quote_id for claim in site.database.claims() if Excuse.ERASED in notes.excuses[claim.quote_id]]
    for quote_id in gone:
        if site.database.quote(quote_id):
            raise Broken(Rule.FORGOTTEN, "a quote that its owner has deleted was built again")
    site.clock.passed += RETENTION + _PASS
    site.operations.purge(lambda: False, lambda: None)
    for claim in site.database.claims():
        if claim.payload and claim.next_at is None:
            raise Broken(Rule.FORGOTTEN, "the draft of a claim that nobody has repaired is still kept")


def _judge_keys(site: Site, notes: Notes) -> None:
    """All of the server, where it is our own: nobody else writes there."""
    known = {site.store.name(ref) for ref in notes.refs.values()}
    for key, _, ends in site.store.everything():
        if not ends:
            raise Broken(Rule.TTL, f"{key} has no TTL")
        if not key.startswith("s:") and key not in known:
            raise Broken(Rule.KEPT, f"{key} is no key of a quote")


def _judge_secrets(site: Site, answers: Answers, quotes: list[Started], ears: Ears) -> None:
    places = [site.store.dump(site.refs), site.database.dump(), *ears.lines]
    everything = "\n".join(places)
    hashed = [hashlib.new(name, word.encode()).hexdigest() for word in PASSWORDS for name in _FAST]
    for secret in (*answers.secrets, *PASSWORDS, *hashed, *(quote.token for quote in quotes)):
        if secret in everything:
            raise Broken(Rule.SECRETS, f"{secret[:6]}… stands in {next(p for p in places if secret in p)[:300]}")
    if ears.alarms:
        raise Broken(Rule.TOLD, f"a false alarm: {ears.alarms[0]}")


class _Visitors:
    """Who comes when all is over, and must be told how it is."""

    def __init__(self, site: Site, notes: Notes, answers: Answers, quote: Started) -> None:
        self._site = site
        self._notes = notes
        self._answers = answers
        self._quote = quote
        self._named = quote.quote_id, quote.token

    def come(self) -> None:
        claim = self._site.database.claim(self._quote.quote_id)
        view = self._site.store.view(self._notes.refs[self._quote.quote_id])
        if claim:
            self._find_it_claimed(claim)
        elif view and view.draft:
            self._claim_it(view.draft.details)
        elif view is None:
            self._expect(QuoteExpired, "saves", lambda: self._site.services.save_details(*self._named, {}))

    def _find_it_claimed(self, claim: Claim) -> None:
        services = self._site.services
        if Excuse.CORRUPTED not in self._notes.excuses[claim.quote_id]:
            self._expect(QuoteAlreadyClaimed, "saves", lambda: services.save_details(*self._named, {}))
            self._expect(QuoteAlreadyClaimed, "reads", lambda: services.get_quote(*self._named))
        self._expect(QuoteAlreadyClaimed, "discards", lambda: services.discard_quote(*self._named))
        self._expect(QuoteClaimedByAnother, "registers", partial(self._register, "eve@example.com"))
        for account in self._site.database.accounts():
            if account.account_id == claim.account_id:
                answer = self._register(account.email.key)
                if isinstance(answer, Registered) and answer.account.account_id != account.account_id:
                    raise Broken(Rule.REPLAY, "the owner is given another account")
        self._retry(claim)

    def _retry(self, claim: Claim) -> None:
        """An operator does what he can, once more."""
        retry = partial(self._site.operations.retry, claim.quote_id, OPERATOR)
        if claim.state in (ClaimState.DONE, ClaimState.DISCARDED):
            self._expect(ClaimNotOpen, "retries", retry)
            return
        self._answers.ask(None, claim.quote_id, "retries", retry)
        settle(self._site)
        claims = [found for found in self._site.database.claims() if found.quote_id == claim.quote_id]
        if len(claims) != 1:
            raise Broken(Rule.ONCE, f"{len(claims)} claims after a retry")

    def _claim_it(self, details: object) -> None:
        answer = self._register(f"{self._quote.quote_id.lower()}@example.com")
        quote = self._site.database.quote(self._quote.quote_id)
        is_poisoned = Excuse.POISONED in self._notes.excuses[self._quote.quote_id]
        if not isinstance(answer, Registered) or (not is_poisoned and (quote is None or quote.details != details)):
            raise Broken(Rule.OPEN, f"{answer!r} for who claims an open quote, and {quote}")

    def _register(self, email: str) -> object:
        register = partial(self._site.services.register_and_claim, *self._named, person(email))
        return self._answers.ask(None, self._quote.quote_id, "registers", register)

    def _expect(self, error: type[QuoteholdError], what: str, call: Callable[[], object]) -> None:
        answer = self._answers.ask(None, self._quote.quote_id, what, call)
        if not isinstance(answer, error):
            rule = {QuoteExpired: Rule.TOLD, ClaimNotOpen: Rule.ONCE}.get(error, Rule.CLAIMED)
            raise Broken(rule, f"in the end, who {what} is told {answer!r} and not {error.__name__}")


def _id(quotes: list[Started], subject: str) -> object:
    return next((quote.quote_id for quote in quotes if quote.quote_id in subject), subject)
