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
"""After this many claims in a row that the store does not serve, the pass ends: one shard alone may be unreachable."""


class Outcome(enum.StrEnum):
    """The result of a look at a claim."""

    BUILT = "built"
    """The quote was built."""
    CLEANED = "cleaned"
    """The store has no draft of the claim; more clean-up passes follow."""
    VERIFIED = "verified"
    """The store has no draft of the claim, and nothing is left to do."""
    RETRIED = "retried"
    """An attempt to build the quote failed; more attempts follow."""
    DEAD = "dead"
    """The claim is a dead letter now, for an operator to repair."""
    PURGED = "purged"
    """Nobody repaired the claim in time: its payload was deleted."""
    WAITING = "waiting"
    """Nothing could be done now: a server is unreachable, or another process works on the claim."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The end of a pass. `is_last` is True if nothing was due. `outage` is set if the last claim met an outage."""

    outage: Unavailable | None = None
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class ReconcileClaims:
    """
    Do the remaining work on the claims that are due.

    A reconciler takes a claim lease on one claim at a time, by pushing the claim's `next_at` forward. Of any number of
    reconcilers, one gets the lease. If that process ends, the claim is due again after the lease. A reconciler that was
    paused past its lease can change nothing after another writer.
    """

    outbox: Outbox
    clock: Clock
    schedule: RepairSchedule
    repair: RepairClaim

    def __call__(self, is_stopped: Callable[[], bool], visited: Callable[[Outcome], None]) -> Pass:
        """
        Make one pass over a batch of claims. End early, between two claims, when `is_stopped` returns True. Call
        `visited` with the outcome of each claim.

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
                continue  # another reconciler has taken it
            outcome, outage = self._visited(taken)
            visited(outcome)
            outages = [*outages, outage] if outage else []
        return Pass(outages[-1] if outages else None, is_last=not due)

    def _visited(self, claim: Claim) -> tuple[Outcome, Unavailable | None]:
        try:
            return _outcome(claim, self.repair(claim)), None
        except (ClaimChanged, DraftKeepsChanging) as signal:
            _log.info("claim %s: left for the next pass: %s", claim.quote_id, type(signal).__name__)
        except DatabaseUnavailable:
            raise  # no claim can be repaired now; this one is due again after its lease
        except Unavailable as outage:
            _log.warning("claim %s: put off: %s: %s", claim.quote_id, type(outage).__name__, outage)
            self._put_back(claim)
            return Outcome.WAITING, outage
        except Exception as error:  # noqa: BLE001 - one claim must not stop the others; it is logged and counted
            _log.exception("claim %s: unexpected error", claim.quote_id)
            with suppress(ClaimChanged):  # a part was committed: the rest follows after the lease
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
