"""When servers were broken, and what asynchronous replication may have lost then."""

from __future__ import annotations

import math
from dataclasses import dataclass

from redis.crc import key_slot


@dataclass(frozen=True, slots=True)
class Window:
    """A time, in seconds of the clients' clock."""

    began: float
    ended: float

    def holds(self, moment: float) -> bool:
        return self.began <= moment <= self.ended

    def meets(self, other: Window) -> bool:
        return self.began <= other.ended and other.began <= self.ended


ALL_SLOTS = frozenset(range(16384))
REPLICATION = 1.0
"""Seconds that a replica may be behind. On one machine it is milliseconds."""
IN_FLIGHT = 0.5
"""Seconds that an answer may be on its way to a client that has no core to run on."""
MOVED_ON = 3.0
"""Seconds within which clients have left a primary that was replaced, and still takes writes."""
RECOVERY = 10.0
"""Seconds within which all clients are served again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    A primary that dies or hangs, and is replaced.

    From `began` until `replaced` nobody serves its slots. `stale` is the time for which it is back and does not know
    yet that it was replaced.
    """

    began: float
    replaced: float
    stale: Window | None = None
    slots: frozenset[int] = ALL_SLOTS

    @property
    def trouble(self) -> Window:
        """All of it, with what clients still see of it afterwards."""
        ended = max(self.began + RECOVERY, self.replaced, self.stale.ended + IN_FLIGHT if self.stale else -math.inf)
        return Window(self.began - REPLICATION, ended)

    def hits(self, key: str) -> bool:
        """Whether that key was on the server; without a key that is not known."""
        return not key or key_slot(key.encode()) in self.slots

    def may_lose(self, moment: float) -> bool:
        """Whether what was acknowledged then may be gone: it was not replicated yet, or went to the stale primary."""
        before = Window(self.began - REPLICATION, self.began + IN_FLIGHT)
        return before.holds(moment) or self.is_stale(moment)

    def is_stale(self, moment: float) -> bool:
        """Whether what was read then may have come from the stale primary."""
        return self.stale is not None and Window(self.stale.began, self.stale.ended + IN_FLIGHT).holds(moment)


@dataclass(frozen=True, slots=True)
class Course:
    """All faults, and when the reconciler had done its last pass after them: from then on nothing is excused."""

    faults: tuple[Fault, ...] = ()
    reconciled: float = math.inf

    def may_lose(self, key: str, moment: float) -> bool:
        return any(fault.hits(key) and fault.may_lose(moment) for fault in self.faults)

    def is_stale(self, key: str, moment: float) -> bool:
        return any(fault.hits(key) and fault.is_stale(moment) for fault in self.faults)

    def is_troubled(self, key: str, began: float, ended: float) -> bool:
        """Whether a fault may have touched what happened then."""
        during = Window(began, ended)
        return ended < self.reconciled and any(fault.hits(key) and fault.trouble.meets(during) for fault in self.faults)
