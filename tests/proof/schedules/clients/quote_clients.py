"""Who comes to a quote, and what they do there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from domain.errors import ClaimInProgress, QuoteholdError, Unavailable
from domain.model import Applicant, Details, Draft, Email, QuoteId, Revision
from domain.repairing.audit import Operator
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from tests.proof.schedules.checkers.account_row_checker import RETENTION
from tests.proof.schedules.checkers.answer_checker import Answers
from tests.proof.schedules.checkers.idempotency_checker import Request, Requests
from tests.proof.schedules.checkers.invariants import Broken, Excuse, Rule
from tests.proof.schedules.simulation.scheduler import POISON, Actor, Crashed
from tests.proof.schedules.simulation.system import Site

EMAILS = ("ada@example.com", "bob@example.com")
PASSWORDS = ("correct horse battery", "wrong horse battery")
OPERATOR = Operator("operator", "proof")


def person(email: str = EMAILS[0], password: str = PASSWORDS[0], name: str | None = None) -> Applicant:
    return Applicant(Email(email, email), password, name)


@dataclass
class People:
    """Each method lets somebody enter the stage; what is saved is a number that nothing else has."""

    site: Site
    answers: Answers
    requests: Requests
    saved: int = 0

    def claims(
        self,
        quote: Started,
        who: Applicant,
        expected: Revision | None = None,
        repeats: int = 0,
        key: str | None = None,
    ) -> Actor:
        """Registers, and again as often as that may help; also where the process dies under the request."""
        register = partial(self.site.services.register_and_claim, quote.quote_id, quote.token, who, expected, key)

        def work(actor: Actor) -> None:
            for left in reversed(range(1 + repeats)):
                since = len(self.answers.notes.accounts) - 1
                try:
                    answer = self._ask(actor, quote, "registers", register)
                except Crashed:
                    if left:
                        self.claims(quote, who, expected, left - 1, key)
                    raise
                if isinstance(answer, Registered):
                    self.answers.registered(quote.quote_id, answer, who.password, since)
                self.requests.judge(quote.quote_id, self.requests.of[actor.name], answer)
                if not isinstance(answer, Unavailable | ClaimInProgress):
                    return

        actor = self.enter("claimer", work)
        self.requests.of[actor.name] = Request(key, who.email.address, who.name)
        return actor

    def saves(
        self, quote: Started, number: int = 1, expected: Revision | None = None, *, poison: bool = False
    ) -> Actor:
        """So many times; with poison, what the database will not take."""
        if poison:
            self._excuse(quote.quote_id, Excuse.POISONED)

        def work(actor: Actor) -> None:
            for _ in range(number):
                details: Details = {"number": self._number()} | ({POISON: True} if poison else {})
                save = partial(self.site.services.save_details, quote.quote_id, quote.token, details, expected)
                self._ask(actor, quote, "saves", save)

        return self.enter("saver", work)

    def merges(self, quote: Started) -> Actor:
        def work(actor: Actor) -> None:
            patch: Details = {f"merged {self._number()}": True}
            merge = partial(self.site.services.merge_details, quote.quote_id, quote.token, patch)
            self.answers.merged(quote.quote_id, patch, self._ask(actor, quote, "merges", merge))

        return self.enter("merger", work)

    def reads(self, quote: Started) -> Actor:
        read = partial(self.site.services.get_quote, quote.quote_id, quote.token)
        return self.enter("reader", lambda actor: self._ask(actor, quote, "reads", read))

    def discards(self, quote: Started, repeats: int = 0, expected: Revision | None = None) -> Actor:
        discard = partial(self.site.services.discard_quote, quote.quote_id, quote.token, expected)

        def work(actor: Actor) -> None:
            for _ in range(1 + repeats):
                self._excuse(quote.quote_id, Excuse.DISCARDED)
                self._ask(actor, quote, "discards", discard)

        return self.enter("discarder", work)

    def reconciles(self, passes: int = 1, *, in_time: bool = True) -> Actor:
        """So many passes; in time, each when something is due."""

        def work(actor: Actor) -> None:
            for _ in range(passes):
                if in_time:
                    self._wait_until_due()
                with suppress(Unavailable):
                    self.site.operations.reconcile(lambda: False, lambda outcome: None)

        return self.enter("reconciler", work)

    def purges(self, *, in_time: bool = True) -> Actor:
        """What nobody has repaired; in time, when there is something that was kept long enough."""

        def work(actor: Actor) -> None:
            if in_time:
                claims = [claim for claim in self.site.database.claims() if claim.payload and not claim.next_at]
                times = [claim.finished_at for claim in claims if claim.finished_at]
                self.site.clock.wait_until(min(times, default=self.site.clock.now() - RETENTION) + RETENTION)
            with suppress(Unavailable):
                self.site.operations.purge(lambda: False, lambda: None)

        return self.enter("purger", work)

    def retries(self, quote: Started, *, repaired: bool = False) -> Actor:
        """An operator, with a repaired draft or without."""
        draft = Draft("motor", {"repaired": self._number()}) if repaired else None
        if draft:
            self.answers.notes.repaired[quote.quote_id].append(draft)

        def retry() -> object:
            claim = self.site.database.claim(quote.quote_id)  # whoever repairs a draft has looked at it
            payload = claim.payload if claim else None
            seen = hashlib.sha256(payload).hexdigest() if payload else None
            return self.site.operations.retry(quote.quote_id, OPERATOR, draft, seen)

        return self._operates(quote, "retries", retry)

    def gives_up(self, quote: Started) -> Actor:
        """An operator who discards the claim."""
        return self._operates(quote, "gives up", partial(self.site.operations.discard, quote.quote_id, OPERATOR))

    def _operates(self, quote: Started, what: str, entry: Callable[[], object]) -> Actor:
        def work(actor: Actor) -> None:
            self._excuse(quote.quote_id, Excuse.OPERATED)
            self._ask(actor, quote, what, entry)

        return self.enter("operator", work)

    def enter(self, kind: str, work: Callable[[Actor], object]) -> Actor:
        def run() -> None:
            try:
                work(actor)
            except Exception as error:
                raise Broken(Rule.TOLD, f"the {kind} met {type(error).__name__}: {error}") from error

        actor = self.site.stage.enter(f"{kind} {len(self.site.stage.actors) + 1}", run)
        return actor

    def _ask(self, actor: Actor, quote: Started, what: str, call: Callable[[], object]) -> object | QuoteholdError:
        return self.answers.ask(actor, quote.quote_id, what, call)

    def _excuse(self, quote_id: QuoteId, excuse: Excuse) -> None:
        self.answers.notes.excuses[quote_id].add(excuse)

    def _wait_until_due(self) -> None:
        times = [claim.next_at for claim in self.site.database.claims() if claim.next_at]
        if times:
            self.site.clock.wait_until(min(times))

    def _number(self) -> int:
        self.saved += 1
        return self.saved
