"""The nemesis: disturbs quotes, servers and clocks while clients work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from domain.model import QuoteRef, milliseconds
from domain.repairing.summaries import KeyKind
from tests.proof.schedules.backends.backend import Backend
from tests.proof.schedules.checkers.invariants import Excuse
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.exploration.choices import Choices
from tests.proof.schedules.faults.port_calls import STORE, Call, Fault

_WAITS = (timedelta(seconds=31), timedelta(minutes=2), timedelta(minutes=70), timedelta(hours=26))
_SHORT_TTL = timedelta(minutes=30)


@dataclass
class Nemesis:
    """Disturbs one thing at a time, by choice. `clock_error` is the error of the service's clock."""

    backend: Backend
    model: Model
    choices: Choices
    clock_error: timedelta
    is_away: dict[str, bool] = field(default_factory=lambda: {"store": False, "database": False})

    def __post_init__(self) -> None:
        events: list[tuple[str, Callable[[QuoteRef], None]]] = [
            ("the lease ends", self.end_lease),
            ("time passes", self.wait),
            ("the store rolls back", self.roll_back),
            ("the store stops or restarts", lambda ref: self.toggle("store")),
            ("the database stops or restarts", lambda ref: self.toggle("database")),
            ("the TTL ends", self.expire),
            ("the TTL is shortened", self.shorten_ttl),
            ("the scripts are flushed", lambda ref: self.backend.store.inspector.flush_scripts()),
            ("the clock moves", self.shift),
            ("the record is damaged", self.corrupt),
        ]
        self._events = self.choices.some_of(events)

    def disturb(self, ref: QuoteRef) -> str:
        """Cause a random event; return its name."""
        name, event = self.choices.one_of(self._events)
        event(ref)
        return name

    def fault_for(self, call: Call) -> Fault:
        """Refuse a call while its server is down."""
        return Fault.REFUSED if self.is_away["store" if call.port in STORE else "database"] else Fault.NONE

    def toggle(self, server: str) -> None:
        self.is_away[server] = not self.is_away[server]

    def wait(self, ref: QuoteRef) -> None:
        self.backend.clock.passed += self.choices.one_of(_WAITS)

    def shift(self, ref: QuoteRef) -> None:
        clock = self.backend.clock
        clock.error = timedelta() if clock.error else self.clock_error

    def end_lease(self, ref: QuoteRef) -> None:
        snapshot = self.backend.store.inspector.snapshot(ref)
        if snapshot and snapshot.frozen_by:
            self.backend.store.inspector.end_lease(ref)
            self._record(ref, Excuse.LEASE_ENDED)

    def roll_back(self, ref: QuoteRef) -> None:
        clock = self.backend.clock
        now = milliseconds(clock.base.now() + clock.passed)
        earlier = reversed(self.model.snapshots[ref.quote_id][:-1])
        # A snapshot has its own TTL, so no expired record comes back.
        snapshots = [None, *(snapshot for snapshot in earlier if snapshot and snapshot.ends and snapshot.ends > now)]
        self.backend.store.inspector.restore(ref, self.choices.one_of(snapshots))
        self.backend.store.inspector.advance_past(ref, self.model.newest(ref.quote_id))
        self._record(ref, Excuse.ROLLED_BACK)

    def expire(self, ref: QuoteRef) -> None:
        if self.backend.store.inspector.snapshot(ref):
            self.backend.store.inspector.end_ttl(ref)
            self._record(ref, Excuse.EXPIRED)

    def shorten_ttl(self, ref: QuoteRef) -> None:
        snapshot = self.backend.store.inspector.snapshot(ref)
        if snapshot and snapshot.kind is KeyKind.DRAFT:
            self.backend.store.inspector.shorten_ttl(ref, _SHORT_TTL)

    def corrupt(self, ref: QuoteRef) -> None:
        snapshot = self.backend.store.inspector.snapshot(ref)
        if snapshot and snapshot.kind is KeyKind.DRAFT:
            self.backend.store.inspector.corrupt(ref)
            self._record(ref, Excuse.CORRUPTED)

    def _record(self, ref: QuoteRef, excuse: Excuse) -> None:
        self.model.excuses[ref.quote_id].add(excuse)
        self.model.snapshots[ref.quote_id].append(self.backend.store.inspector.snapshot(ref))
