"""The service over a store and a database, with its calls on a stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from domain.model import QuoteRef
from domain.ports import PasswordHasher
from domain.repairing.schedule import RepairSchedule
from entrypoints.operations import Operations, RepairPorts
from entrypoints.services import Services
from entrypoints.steps import Ports, Steps
from tests.proof.schedules.backends.backend import LIFETIME, TOKENS, Servers, ShiftedClock
from tests.proof.schedules.backends.database_inspector import DatabaseView
from tests.proof.schedules.backends.known_keys import KnownKeys
from tests.proof.schedules.backends.store_inspector import StoreView
from tests.proof.schedules.checkers.account_row_checker import RETENTION
from tests.proof.schedules.simulation.scheduler import Stage

_SCHEDULE = RepairSchedule(timedelta(seconds=30), LIFETIME, RETENTION)


@dataclass
class Site:
    """The use cases, and what stands beside them. `refs` are the quotes that were started."""

    servers: Servers
    stage: Stage
    refs: list[QuoteRef] = field(default_factory=list)
    services: Services = field(init=False)
    operations: Operations = field(init=False)

    def __post_init__(self) -> None:
        store, database, around = self.servers.store, self.servers.database, self.stage.around
        ports = Ports(
            quotes=around("quotes", store.quotes),
            sessions=around("sessions", store.sessions),
            accounts=around("accounts", database.accounts),
            claims=around("claims", database.claims),
            tokens=TOKENS,
            hasher=self.servers.hasher,
            clock=self.clock,
            ids=self.servers.ids,
        )
        outbox, scan = around("outbox", database.outbox), KnownKeys(store.view, self.refs)
        steps = Steps.over(ports, _SCHEDULE)
        self.services = Services.over(ports, steps)
        repairs = RepairPorts(outbox, database.records, scan)
        self.operations = Operations.over(ports, repairs, steps, _SCHEDULE)

    @property
    def store(self) -> StoreView:
        """Past its port."""
        return self.servers.store.view

    @property
    def database(self) -> DatabaseView:
        """Past its ports."""
        return self.servers.database.view

    @property
    def clock(self) -> ShiftedClock:
        """Of the service's machines."""
        return self.servers.clock

    @property
    def hasher(self) -> PasswordHasher:
        return self.servers.hasher
