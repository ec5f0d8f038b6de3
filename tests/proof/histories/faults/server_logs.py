"""Failovers in the servers' logs, including unplanned ones on an overloaded machine."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from tests.proof.histories.faults.fault_log import MOVED_ON, Fault, Window
from tests.servers.node import Node

_PROMOTED = re.compile(r"^\d+:\w (.+?) [*#-] (?:PRIMARY MODE enabled|Failover election won)", re.MULTILINE)
"""The line that Valkey logs when it becomes primary. Its time is local."""


def promotions(nodes: Sequence[Node], since: float) -> list[float]:
    """Return the times of promotions since then, in seconds of the clients' clock."""
    logs = [node.folder / "server.log" for node in nodes]
    return sorted(moment for log in logs for moment in _promotions(log) if moment > since)


def _promotions(log: Path) -> Iterator[float]:
    offset = time.time() - time.monotonic()
    for found in _PROMOTED.finditer(log.read_text("utf-8", errors="replace")):
        moment = datetime.strptime(found[1], "%d %b %Y %H:%M:%S.%f").astimezone()
        yield moment.timestamp() - offset


def unplanned_failovers(promoted: Sequence[float], planned: int) -> list[Fault]:
    """
    Return the failovers after the planned ones.

    The last one wins: writes acknowledged since the one before may be lost, until clients have left the old primary.
    """
    before = [*promoted[:1], *promoted]
    return [
        Fault(moment, moment, Window(before[number], moment + MOVED_ON))
        for number, moment in list(enumerate(promoted))[planned:]
    ]
