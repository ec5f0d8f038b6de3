"""The fault log: the times of faults, and the operations that asynchronous replication may have lost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from redis.crc import key_slot


@dataclass(frozen=True, slots=True)
class Window:
    """A span in seconds of the clients' clock."""

    began: float
    ended: float

    def holds(self, moment: float) -> bool:
        return self.began <= moment <= self.ended

    def meets(self, other: Window) -> bool:
        return self.began <= other.ended and other.began <= self.ended


ALL_SLOTS = frozenset(range(16384))
REPLICATION = 1.5
"""Seconds by which a replica may be behind. On one machine it is milliseconds."""
IN_FLIGHT = 0.9
"""Seconds that an answer may take to a client that waits for a core: less than any replacement of a primary takes."""
MOVED_ON = 3.0
"""Seconds after which all clients have left a replaced primary that still takes writes."""
RECOVERY = 10.0
"""Seconds after the replacement of a primary, in which all clients are served again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    A primary that dies or hangs, and is replaced.

    From `began` until `replaced` its slots have no primary. `stale` is the span in which it is back and
    still believes to be the primary.
    """

    began: float
    replaced: float
    stale: Window | None = None
    slots: frozenset[int] = ALL_SLOTS

    @property
    def trouble(self) -> Window:
        """The whole span, with its later effects on clients."""
        ended = max(self.replaced + RECOVERY, self.stale.ended + IN_FLIGHT if self.stale else -math.inf)
        return Window(self.began - REPLICATION, ended)

    def hits(self, key: str) -> bool:
        """Return whether the key was on the server; True for an unknown key."""
        return not key or key_slot(key.encode()) in self.slots

    def may_lose(self, moment: float) -> bool:
        """Return whether an operation acknowledged then may be lost: not replicated, or sent to the stale primary."""
        before = Window(self.began - REPLICATION, self.began + IN_FLIGHT)
        return before.holds(moment) or self.is_stale(moment)

    def is_stale(self, moment: float) -> bool:
        """Return whether a read at that time may come from the stale primary."""
        return self.stale is not None and Window(self.stale.began, self.stale.ended + IN_FLIGHT).holds(moment)


@dataclass(frozen=True, slots=True)
class FaultLog:
    """All faults, and the end of the reconciler's last pass: nothing after it is excused."""

    faults: tuple[Fault, ...] = ()
    reconciled: float = math.inf

    def may_lose(self, key: str, moment: float) -> bool:
        return any(fault.hits(key) and fault.may_lose(moment) for fault in self.faults)

    def is_stale(self, key: str, moment: float) -> bool:
        return any(fault.hits(key) and fault.is_stale(moment) for fault in self.faults)

    def is_troubled(self, key: str, began: float, ended: float) -> bool:
        """Return whether a fault may have touched that span."""
        during = Window(began, ended)
        return ended < self.reconciled and any(fault.hits(key) and fault.trouble.meets(during) for fault in self.faults)
