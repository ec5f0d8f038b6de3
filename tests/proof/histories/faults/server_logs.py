"""What the servers' own logs say of failovers: also of those that nobody meant, on a machine that has no time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from tests.proof.histories.faults.fault_log import MOVED_ON, Fault, Window
from tests.servers.node import Node

_PROMOTED = re.compile(r"^\d+:\w (.+?) [*#-] (?:PRIMARY MODE enabled|Failover election won)", re.MULTILINE)
"""What Valkey says when sentinels, or a cluster, have made it the primary. The time is local."""


def promotions(nodes: Sequence[Node], since: float) -> list[float]:
    """When servers were made primaries since then, in seconds of the clients' clock."""
    logs = [node.folder / "server.log" for node in nodes]
    return sorted(moment for log in logs for moment in _promotions(log) if moment > since)


def _promotions(log: Path) -> Iterator[float]:
    offset = time.time() - time.monotonic()
    for found in _PROMOTED.finditer(log.read_text("utf-8", errors="replace")):
        moment = datetime.strptime(found[1], "%d %b %Y %H:%M:%S.%f").astimezone()
        yield moment.timestamp() - offset


def unforeseen(promoted: Sequence[float], foreseen: int) -> list[Fault]:
    """
    The failovers after so many that were meant. The last one wins: what was acknowledged since the one before may be
    lost, until clients have left the primary that lost its place.
    """
    before = [*promoted[:1], *promoted]
    return [
        Fault(moment, moment, Window(before[number], moment + MOVED_ON))
        for number, moment in list(enumerate(promoted))[foreseen:]
    ]
