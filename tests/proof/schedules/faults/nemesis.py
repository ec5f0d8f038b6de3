"""What happens to a quote and to the machines, whoever is at work on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from domain.model import QuoteRef, milliseconds
from domain.repairing.summaries import KeyKind
from tests.proof.schedules.backends.backend import Servers
from tests.proof.schedules.checkers.invariants import Excuse
from tests.proof.schedules.checkers.model import Notes
from tests.proof.schedules.exploration.choices import Choices
from tests.proof.schedules.faults.port_calls import STORE, Call, Fault

_WAITS = (timedelta(seconds=31), timedelta(minutes=2), timedelta(minutes=70), timedelta(hours=26))
_LITTLE = timedelta(minutes=30)


@dataclass
class World:
    """By choice, one thing after the other. `clock_error` is how wrong the clock of the service goes."""

    servers: Servers
    notes: Notes
    choices: Choices
    clock_error: timedelta
    is_away: dict[str, bool] = field(default_factory=lambda: {"store": False, "database": False})

    def __post_init__(self) -> None:
        events: list[tuple[str, Callable[[QuoteRef], None]]] = [
            ("the lease ends", self.end_lease),
            ("time passes", self.wait),
            ("the store goes back", self.roll_back),
            ("the store goes away, or comes back", lambda ref: self.turn("store")),
            ("the database goes away, or comes back", lambda ref: self.turn("database")),
            ("the time of the key ends", self.expire),
            ("little time is left", self.shorten),
            ("the scripts are forgotten", lambda ref: self.servers.store.view.forget_scripts()),
            ("the clock moves", self.shift),
            ("the record is damaged", self.corrupt),
        ]
        self._events = self.choices.some_of(events)

    def change(self, ref: QuoteRef) -> str:
        """Let something happen; what it was."""
        name, happen = self.choices.one_of(self._events)
        happen(ref)
        return name

    def fate(self, call: Call) -> Fault:
        """What becomes of a call while its server is away, or is there."""
        return Fault.REFUSED if self.is_away["store" if call.port in STORE else "database"] else Fault.NONE

    def turn(self, server: str) -> None:
        self.is_away[server] = not self.is_away[server]

    def wait(self, ref: QuoteRef) -> None:
        self.servers.clock.passed += self.choices.one_of(_WAITS)

    def shift(self, ref: QuoteRef) -> None:
        clock = self.servers.clock
        clock.error = timedelta() if clock.error else self.clock_error

    def end_lease(self, ref: QuoteRef) -> None:
        view = self.servers.store.view.view(ref)
        if view and view.holder:
            self.servers.store.view.end_lease(ref)
            self._excuse(ref, Excuse.LEASE_ENDED)

    def roll_back(self, ref: QuoteRef) -> None:
        clock = self.servers.clock
        now = milliseconds(clock.base.now() + clock.passed)
        earlier = reversed(self.notes.copies[ref.quote_id][:-1])
        # A copy brings its own end with it, so nothing comes back whose time is over.
        copies = [None, *(view for view in earlier if view and view.ends and view.ends > now)]
        self.servers.store.view.put_back(ref, self.choices.one_of(copies))
        self.servers.store.view.pass_time(ref, self.notes.newest(ref.quote_id))
        self._excuse(ref, Excuse.ROLLED_BACK)

    def expire(self, ref: QuoteRef) -> None:
        if self.servers.store.view.view(ref):
            self.servers.store.view.end_time(ref)
            self._excuse(ref, Excuse.EXPIRED)

    def shorten(self, ref: QuoteRef) -> None:
        view = self.servers.store.view.view(ref)
        if view and view.kind is KeyKind.DRAFT:
            self.servers.store.view.shorten(ref, _LITTLE)

    def corrupt(self, ref: QuoteRef) -> None:
        view = self.servers.store.view.view(ref)
        if view and view.kind is KeyKind.DRAFT:
            self.servers.store.view.corrupt(ref)
            self._excuse(ref, Excuse.CORRUPTED)

    def _excuse(self, ref: QuoteRef, excuse: Excuse) -> None:
        self.notes.excuses[ref.quote_id].add(excuse)
        self.notes.copies[ref.quote_id].append(self.servers.store.view.view(ref))
