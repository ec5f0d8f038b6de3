"""CPU time of processes."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from tests.support.running_service import descendants

_SCHEDULER = 2
"""clock_getcpuclockid(3): a process's clock is its negated id and the kind of clock, here the scheduler's."""


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of the process and all its descendants, also of ended ones."""
    total = 0.0
    for member in {pid} | descendants(pid):
        with suppress(OSError):  # it ended after it was listed; its time is in its parent's account
            total += time.clock_gettime((~member << 3) | _SCHEDULER) + _ended_children(member)
    return total


def _ended_children(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
