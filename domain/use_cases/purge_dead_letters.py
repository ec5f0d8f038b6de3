from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from domain.errors import ClaimChanged
from domain.ports import Clock
from domain.repairing.ports import Outbox
from domain.repairing.schedule import RepairSchedule

_log = logging.getLogger("quotehold.reconciler")
_BATCH = 50


@dataclass(frozen=True, slots=True)
class PurgeDeadLetters:
    """
    Delete the payloads of dead letters that nobody has repaired in time. They are personal data, kept for repair only.
    The claim stays, and an older quote if there is one.
    """

    outbox: Outbox
    clock: Clock
    schedule: RepairSchedule

    def __call__(self, is_stopped: Callable[[], bool], purged: Callable[[], None]) -> None:
        """
        Purge all that are due, a batch at a time, until `is_stopped` returns True. Call `purged` after each.

        Raises: DatabaseUnavailable, Overloaded
        """
        finished_before = self.clock.now() - self.schedule.retention
        while batch := self.outbox.undeliverable(finished_before, _BATCH):
            for claim in batch:
                if is_stopped():
                    return
                with suppress(ClaimChanged):  # an operator has just begun to repair it
                    self.outbox.change(claim, claim.purged())
                    _log.warning("claim %s: not repaired within the retention, so its draft is deleted", claim.quote_id)
                    purged()
