from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from domain.claims import Cause, Claim, ClaimState, Cleanup
from domain.errors import ClaimChanged, DatabaseUnavailable, DraftKeepsChanging, Unavailable
from domain.ports import Clock
from domain.repairing.ports import Outbox
from domain.repairing.repair_claim import RepairClaim
from domain.repairing.schedule import CLAIM_LEASE, RepairSchedule

_log = logging.getLogger("quotehold.reconciler")
_BATCH = 50
_ENOUGH = 3
"""So many claims in a row that the store does not serve, and the pass ends: in a cluster one shard may be away."""


class Outcome(enum.StrEnum):
    """What became of a claim that was looked at."""

    BUILT = "built"
    """Its quote is there now."""
    CLEANED = "cleaned"
    """The store has no draft of it; more passes follow."""
    VERIFIED = "verified"
    """The store has no draft of it, and nothing is left to be done."""
    RETRIED = "retried"
    """An attempt to build its quote failed; more follow."""
    DEAD = "dead"
    """It is left to an operator now."""
    PURGED = "purged"
    """Nobody repaired it in time: what was kept of its draft is deleted."""
    WAITING = "waiting"
    """It could not be helped now: a server is away, or another process is busy with it."""


@dataclass(frozen=True, slots=True)
class Pass:
    """How a pass ended. `is_last` if nothing was due; `outage` if a server was away at last."""

    outage: Unavailable | None = None
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class ReconcileClaims:
    """
    Look at the claims whose time has come, and do what is left to be done about each.

    A reconciler leases one claim at a time, by pushing the claim's time forward: one of any number has the lease,
    and if that one ends, the claim is due again. A reconciler that was paused past its lease can change nothing.
    """

    outbox: Outbox
    clock: Clock
    schedule: RepairSchedule
    repair: RepairClaim

    def __call__(self, is_stopped: Callable[[], bool], visited: Callable[[Outcome], None]) -> Pass:
        """
        One pass over a batch of claims; ends early, between two claims, once it is stopped. `visited` is told what
        became of each.

        Raises: DatabaseUnavailable, Overloaded
        """
        outages: list[Unavailable] = []
        due = self.outbox.due(self.clock.now(), _BATCH)
        for claim in due:
            if is_stopped() or len(outages) == _ENOUGH:
                return Pass(outages[-1] if outages else None, is_last=False)
            try:
                taken = self.outbox.change(claim, replace(claim, next_at=self.clock.now() + CLAIM_LEASE))
            except ClaimChanged:
                continue  # another reconciler has it
            outcome, outage = self._visited(taken)
            visited(outcome)
            outages = [*outages, outage] if outage else []
        return Pass(outages[-1] if outages else None, is_last=not due)

    def _visited(self, claim: Claim) -> tuple[Outcome, Unavailable | None]:
        try:
            return _outcome(claim, self.repair(claim)), None
        except (ClaimChanged, DraftKeepsChanging) as signal:
            _log.info("claim %s is left for the next pass: %s", claim.quote_id, type(signal).__name__)
        except DatabaseUnavailable:
            raise  # nothing can be done about any claim; this one is due again when its lease has ended
        except Unavailable as outage:
            _log.warning("claim %s waits: %s: %s", claim.quote_id, type(outage).__name__, outage)
            self._put_back(claim)
            return Outcome.WAITING, outage
        except Exception as error:  # noqa: BLE001 - one claim must not stop the others; it is logged and counted
            _log.exception("claim %s met an error that is not known", claim.quote_id)
            with suppress(ClaimChanged):  # part of it may be done: then the rest follows when the lease has ended
                return _outcome(claim, self.repair.failed(claim, Cause.UNEXPECTED, type(error).__name__)), None
        return Outcome.WAITING, None

    def _put_back(self, claim: Claim) -> None:
        with suppress(ClaimChanged):  # as above
            self.outbox.change(claim, replace(claim, next_at=self.schedule.put_off(claim, self.clock.now())))


def _outcome(before: Claim, after: Claim) -> Outcome:
    match after:
        case Claim(state=ClaimState.DEAD) if before.state is not ClaimState.DEAD:
            return Outcome.DEAD
        case Claim(state=ClaimState.RETRY):
            return Outcome.RETRIED
        case Claim(state=ClaimState.DONE) if before.state is not ClaimState.DONE:
            return Outcome.BUILT
        case Claim(state=ClaimState.FETCH_PENDING) | Claim(cleanup=Cleanup.PENDING):
            return Outcome.WAITING
        case Claim(cleanup=Cleanup.VERIFIED):
            return Outcome.VERIFIED
        case _:
            return Outcome.CLEANED
