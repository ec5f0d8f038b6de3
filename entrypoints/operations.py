"""The use cases of operators and reconcilers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.repairing.change_claim import ChangeClaim
from domain.repairing.ports import ClaimRecords, Outbox, StoreScan
from domain.repairing.repair_claim import RepairClaim
from domain.repairing.schedule import RepairSchedule
from domain.use_cases.discard_claim import DiscardClaim
from domain.use_cases.purge_dead_letters import PurgeDeadLetters
from domain.use_cases.reconcile_claims import ReconcileClaims
from domain.use_cases.retry_claim import RetryClaim
from domain.use_cases.show_claim import ShowClaim
from domain.use_cases.verify_claims import VerifyClaims
from entrypoints.steps import Ports, Steps


@dataclass(frozen=True, slots=True)
class RepairPorts:
    """One adapter for each port of repairs."""

    outbox: Outbox
    records: ClaimRecords
    scan: StoreScan


@dataclass(frozen=True, slots=True)
class Operations:
    """The use cases of repairs. `records` is a port: an operator's queries need no use case."""

    reconcile: ReconcileClaims
    purge: PurgeDeadLetters
    records: ClaimRecords
    show: ShowClaim
    retry: RetryClaim
    discard: DiscardClaim
    verify: VerifyClaims
    check: Callable[[], None]
    """Raises: DatabaseUnavailable, also if the tables do not fit this version."""

    @classmethod
    def over(cls, ports: Ports, repairs: RepairPorts, steps: Steps, schedule: RepairSchedule) -> Operations:
        """Build the use cases over these adapters and steps."""
        outbox, clock = repairs.outbox, ports.clock
        repair = RepairClaim(outbox, ports.tokens, clock, ports.ids, steps.fetch, steps.finish, schedule)
        change = ChangeClaim(outbox, clock)
        return cls(
            reconcile=ReconcileClaims(outbox, clock, schedule, repair),
            purge=PurgeDeadLetters(outbox, clock, schedule),
            records=repairs.records,
            show=ShowClaim(ports.claims, repairs.records, ports.quotes, clock),
            retry=RetryClaim(change, ports.quotes, clock),
            discard=DiscardClaim(change, ports.claims, clock),
            verify=VerifyClaims(repairs.records, repairs.scan, ports.tokens, clock, schedule),
            check=ports.claims.check,
        )
