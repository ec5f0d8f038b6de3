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
    Delete what is kept of drafts that nobody has repaired in time. It is personal data, kept to be repaired and not for
    ever. The claim stays, and an older version of its quote.
    """

    outbox: Outbox
    clock: Clock
    schedule: RepairSchedule

    def __call__(self, is_stopped: Callable[[], bool], purged: Callable[[], None]) -> None:
        """
        All of them, a batch at a time, unless it is stopped; `purged` is called after each.

        Raises: DatabaseUnavailable, Overloaded
        """
        finished_before = self.clock.now() - self.schedule.retention
        while batch := self.outbox.undeliverable(finished_before, _BATCH):
            for claim in batch:
                if is_stopped():
                    return
                with suppress(ClaimChanged):  # an operator has just begun to repair it
                    self.outbox.change(claim, claim.purged())
                    _log.warning("claim %s: nobody has repaired it, its draft is deleted", claim.quote_id)
                    purged()
