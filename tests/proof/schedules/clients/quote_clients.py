"""Clients of quotes: visitors, reconcilers and operators."""

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
from tests.proof.schedules.checkers.answer_checker import AnswerChecker
from tests.proof.schedules.checkers.idempotency_checker import IdempotencyChecker, Request
from tests.proof.schedules.checkers.invariants import Excuse, Invariant, Violation
from tests.proof.schedules.simulation.scheduler import POISON, Crashed, Task
from tests.proof.schedules.simulation.system import SimulatedSystem

EMAILS = ("ada@example.com", "bob@example.com")
PASSWORDS = ("correct horse battery", "wrong horse battery")
OPERATOR = Operator("operator", "proof")


def make_applicant(email: str = EMAILS[0], password: str = PASSWORDS[0], name: str | None = None) -> Applicant:
    return Applicant(Email(email, email), password, name)


@dataclass
class QuoteClients:
    """Each method spawns a client. Each save stores a number of its own."""

    system: SimulatedSystem
    answers: AnswerChecker
    idempotency: IdempotencyChecker
    saved: int = 0

    def register(
        self,
        quote: Started,
        applicant: Applicant,
        expected: Revision | None = None,
        repeats: int = 0,
        key: str | None = None,
    ) -> Task:
        """Spawn a client that registers; it repeats after a refusal or a crash."""
        register = partial(
            self.system.services.register_and_claim, quote.quote_id, quote.token, applicant, expected, key
        )

        def work(task: Task) -> None:
            for left in reversed(range(1 + repeats)):
                since = len(self.answers.model.account_history) - 1
                try:
                    answer = self._invoke(task, quote, "registers", register)
                except Crashed:
                    if left:
                        self.register(quote, applicant, expected, left - 1, key)
                    raise
                if isinstance(answer, Registered):
                    self.answers.check_registration(quote.quote_id, answer, applicant.password, since)
                self.idempotency.check(quote.quote_id, self.idempotency.by_task[task.name], answer)
                if not isinstance(answer, Unavailable | ClaimInProgress):
                    return

        task = self.spawn("claimer", work)
        self.idempotency.by_task[task.name] = Request(key, applicant.email.address, applicant.name)
        return task

    def save(self, quote: Started, number: int = 1, expected: Revision | None = None, *, poison: bool = False) -> Task:
        """Spawn a client that saves so often; `poison` is refused by the database."""
        if poison:
            self._excuse(quote.quote_id, Excuse.POISONED)

        def work(task: Task) -> None:
            for _ in range(number):
                details: Details = {"number": self._number(), **({POISON: True} if poison else {})}
                save = partial(self.system.services.save_details, quote.quote_id, quote.token, details, expected)
                self._invoke(task, quote, "saves", save)

        return self.spawn("saver", work)

    def merge(self, quote: Started) -> Task:
        def work(task: Task) -> None:
            patch: Details = {f"merged {self._number()}": True}
            merge = partial(self.system.services.merge_details, quote.quote_id, quote.token, patch)
            self.answers.check_merge(quote.quote_id, patch, self._invoke(task, quote, "merges", merge))

        return self.spawn("merger", work)

    def read(self, quote: Started) -> Task:
        read = partial(self.system.services.get_quote, quote.quote_id, quote.token)
        return self.spawn("reader", lambda task: self._invoke(task, quote, "reads", read))

    def discard(self, quote: Started, repeats: int = 0, expected: Revision | None = None) -> Task:
        discard = partial(self.system.services.discard_quote, quote.quote_id, quote.token, expected)

        def work(task: Task) -> None:
            for _ in range(1 + repeats):
                self._excuse(quote.quote_id, Excuse.DISCARDED)
                self._invoke(task, quote, "discards", discard)

        return self.spawn("discarder", work)

    def reconcile(self, passes: int = 1, *, when_due: bool = True) -> Task:
        """Spawn a reconciler for so many passes; `when_due` waits for the next due claim before each."""

        def work(task: Task) -> None:
            for _ in range(passes):
                if when_due:
                    self._wait_until_due()
                with suppress(Unavailable):
                    self.system.operations.reconcile(lambda: False, lambda outcome: None)

        return self.spawn("reconciler", work)

    def purge(self, *, when_due: bool = True) -> Task:
        """Spawn a purge of dead letters; `when_due` waits until one is past its retention."""

        def work(task: Task) -> None:
            if when_due:
                claims = [claim for claim in self.system.database.claims() if claim.payload and not claim.next_at]
                times = [claim.finished_at for claim in claims if claim.finished_at]
                self.system.clock.wait_until(min(times, default=self.system.clock.now() - RETENTION) + RETENTION)
            with suppress(Unavailable):
                self.system.operations.purge(lambda: False, lambda: None)

        return self.spawn("purger", work)

    def retry(self, quote: Started, *, repaired: bool = False) -> Task:
        """Spawn an operator that retries the claim, with a repaired draft or without."""
        draft = Draft("motor", {"repaired": self._number()}) if repaired else None
        if draft:
            self.answers.model.repaired_drafts[quote.quote_id].append(draft)

        def retry() -> object:
            claim = self.system.database.claim(quote.quote_id)  # an operator reads a draft before repairing it
            payload = claim.payload if claim else None
            seen = hashlib.sha256(payload).hexdigest() if payload else None
            return self.system.operations.retry(quote.quote_id, OPERATOR, draft, seen)

        return self._operate(quote, "retries", retry)

    def give_up(self, quote: Started) -> Task:
        """Spawn an operator that discards the claim."""
        return self._operate(quote, "gives up", partial(self.system.operations.discard, quote.quote_id, OPERATOR))

    def _operate(self, quote: Started, operation: str, call: Callable[[], object]) -> Task:
        def work(task: Task) -> None:
            self._excuse(quote.quote_id, Excuse.OPERATED)
            self._invoke(task, quote, operation, call)

        return self.spawn("operator", work)

    def spawn(self, kind: str, work: Callable[[Task], object]) -> Task:
        def run() -> None:
            try:
                work(task)
            except Exception as error:  # not swallowed: it is reported as a violation, with its cause
                raise Violation(Invariant.TRUE_ANSWER, f"the {kind} met {type(error).__name__}: {error}") from error

        task = self.system.scheduler.spawn(f"{kind} {len(self.system.scheduler.tasks) + 1}", run)
        return task

    def _invoke(
        self, task: Task, quote: Started, operation: str, call: Callable[[], object]
    ) -> object | QuoteholdError:
        return self.answers.invoke(task, quote.quote_id, operation, call)

    def _excuse(self, quote_id: QuoteId, excuse: Excuse) -> None:
        self.answers.model.excuses[quote_id].add(excuse)

    def _wait_until_due(self) -> None:
        times = [claim.next_at for claim in self.system.database.claims() if claim.next_at]
        if times:
            self.system.clock.wait_until(min(times))

    def _number(self) -> int:
        self.saved += 1
        return self.saved
