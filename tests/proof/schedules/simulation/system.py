"""The system under test: the use cases over one backend, with their calls under the scheduler."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from domain.model import QuoteRef
from domain.ports import PasswordHasher
from domain.repairing.schedule import RepairSchedule
from entrypoints.operations import Operations, RepairPorts
from entrypoints.services import Services
from entrypoints.steps import Ports, Steps
from tests.proof.schedules.backends.backend import LIFETIME, TOKENS, Backend, ShiftedClock
from tests.proof.schedules.backends.database_inspector import DatabaseInspector
from tests.proof.schedules.backends.known_keys import KnownKeys
from tests.proof.schedules.backends.store_inspector import StoreInspector
from tests.proof.schedules.checkers.account_row_checker import RETENTION
from tests.proof.schedules.simulation.scheduler import Scheduler

_SCHEDULE = RepairSchedule(timedelta(seconds=30), LIFETIME, RETENTION)


@dataclass
class SimulatedSystem:
    """The use cases and their backend. `refs` are the started quotes."""

    backend: Backend
    scheduler: Scheduler
    refs: list[QuoteRef] = field(default_factory=list)
    services: Services = field(init=False)
    operations: Operations = field(init=False)

    def __post_init__(self) -> None:
        store, database, wrap = self.backend.store, self.backend.database, self.scheduler.wrap
        ports = Ports(
            quotes=wrap("quotes", store.quotes),
            sessions=wrap("sessions", store.sessions),
            accounts=wrap("accounts", database.accounts),
            claims=wrap("claims", database.claims),
            tokens=TOKENS,
            hasher=self.backend.hasher,
            clock=self.clock,
            ids=self.backend.ids,
        )
        outbox, scan = wrap("outbox", database.outbox), KnownKeys(store.inspector, self.refs)
        steps = Steps.over(ports, _SCHEDULE)
        self.services = Services.over(ports, steps)
        repairs = RepairPorts(outbox, database.records, scan)
        self.operations = Operations.over(ports, repairs, steps, _SCHEDULE)

    @property
    def store(self) -> StoreInspector:
        """The store, without its port."""
        return self.backend.store.inspector

    @property
    def database(self) -> DatabaseInspector:
        """The database, without its ports."""
        return self.backend.database.inspector

    @property
    def clock(self) -> ShiftedClock:
        """The clock of the service's machines."""
        return self.backend.clock

    @property
    def hasher(self) -> PasswordHasher:
        return self.backend.hasher
