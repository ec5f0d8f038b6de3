"""One trial: people on a stage, and a verdict at its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from domain.use_cases.start_quote import Started
from tests.proof.schedules.backends.backend import LIFETIME, Servers
from tests.proof.schedules.checkers.account_answer_checker import AccountAnswers
from tests.proof.schedules.checkers.answer_checker import Answers
from tests.proof.schedules.checkers.final_checker import judge, settle
from tests.proof.schedules.checkers.idempotency_checker import Requests
from tests.proof.schedules.checkers.invariants import Broken, Excuse
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.checkers.step_checker import Witness
from tests.proof.schedules.clients.account_clients import Owners
from tests.proof.schedules.clients.quote_clients import People
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.simulation.log_capture import Ears
from tests.proof.schedules.simulation.scheduler import Actor, Stage
from tests.proof.schedules.simulation.system import Site


def _fair(call: Call) -> Fault:
    return Fault.NONE


class Trial:
    """`fate` says what becomes of each call of an actor, and otherwise `weather`, which a scene may change."""

    def __init__(self, servers: Servers, ears: Ears, fate: Callable[[Call], Fault]) -> None:
        self.servers = servers
        self._ears = ears
        self._fate = fate
        self.weather: Callable[[Call], Fault] = _fair
        self._quotes: list[Started] = []
        ears.forget()
        servers.clock.passed = servers.clock.error = timedelta()
        self.notes = Notes()
        self.stage = Stage(Witness(servers, LIFETIME, self.notes), self._fate_of)
        self.site = Site(servers, self.stage)
        answers = Answers(self.site, self.notes)
        self.people = People(self.site, answers, Requests(self.site, self.notes))
        self.owners = Owners(self.people, AccountAnswers(answers))

    def start(self) -> Started:
        """Another quote."""
        quote = self.site.services.start_quote("motor", {"quote": len(self._quotes)})
        self._quotes.append(quote)
        self.site.refs.append(self.notes.refs[quote.quote_id])
        return quote

    @contextmanager
    def unlike_before(self, fate: Callable[[Call], Fault]) -> Iterator[None]:
        """In this block that becomes of calls, and nothing else."""
        before, self._fate = self._fate, fate
        yield
        self._fate = before

    @contextmanager
    def undisturbed(self, fate: Callable[[Call], Fault] = _fair) -> Iterator[None]:
        """Whoever enters in this block is through with it at its end, without other faults than these."""
        with self.unlike_before(fate):
            yield
            self.stage.play()

    def outcome(self, entry: Callable[[], None]) -> Broken | None:
        """What the entry, or the end, has broken first; nothing of it is left on the servers."""
        try:
            entry()
            self._fate = self.weather = _fair
            self.stage.play()
            settle(self.site)
            judge(self.site, self.notes, self.owners.answers, self._quotes, self._ears)
        except Broken as broken:
            return broken
        finally:
            self.servers.clean(list(self.notes.refs.values()))
        return None

    def _fate_of(self, actor: Actor, call: Call) -> Fault:
        fault = self._fate(call)
        if fault is Fault.NONE:
            fault = self.weather(call)
        if call.method == "begin_claim" and call.quote_id and fault not in (Fault.NONE, Fault.TWICE):
            self.notes.excuses[call.quote_id].add(Excuse.NOT_HELD)
        return fault


@contextmanager
def listening() -> Iterator[Ears]:
    """Hear the service's log, and let nobody else hear it."""
    log, ears = logging.getLogger("quotehold"), Ears()
    before = log.propagate, log.level
    log.addHandler(ears)
    log.propagate = False
    log.setLevel(logging.DEBUG)
    try:
        yield ears
    finally:
        log.removeHandler(ears)
        log.propagate = before[0]
        log.setLevel(before[1])
