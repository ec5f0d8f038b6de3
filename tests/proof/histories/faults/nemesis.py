"""The nemesis: breaks a primary, or moves slots, in the middle of a workload."""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import TypeAlias

from redis.crc import key_slot
from redis.exceptions import RedisError

from tests.proof.histories.clients.workload import ClientPlan
from tests.proof.histories.faults.fault_log import ALL_SLOTS, MOVED_ON, Fault, Window
from tests.proof.histories.harness import Harness
from tests.servers.cluster import ClusterSet
from tests.servers.node import Node
from tests.servers.sentinel import SERVICE, SentinelSet
from tests.support.waiting import eventually

Nemesis: TypeAlias = Callable[[Harness, Sequence[ClientPlan], float], Sequence[Fault]]
"""Breaks something under load, for at least so many seconds if it can last; returns the faults."""

_LAG = 0.3
"""Seconds between the end of replication and the end of the primary."""
_HANGS_ON = 2.0
"""Seconds for which a hung primary hangs on after its replacement."""
_wait = threading.Event().wait


class PrimaryEnd(enum.StrEnum):
    """The end of a primary."""

    KILLED = "killed"
    LAGGING = "lagging"
    """Killed a moment after its replicas were cut off, so that some writes are lost."""
    HUNG = "hung"
    """Paused, replaced, and resumed without knowing that."""
    REPLACED = "replaced"
    """Replaced on purpose at work: writes that it takes afterwards are lost."""


def break_primary(servers: SentinelSet, end: PrimaryEnd) -> Nemesis:
    """Return a nemesis for the primary of the sentinels."""

    def break_it(harness: Harness, clients: Sequence[ClientPlan], seconds: float) -> list[Fault]:
        old = servers.primary

        def replace() -> None:
            servers.sentinels[0].ask("SENTINEL", "FAILOVER", SERVICE)

        return [_break(old, end, replace, lambda: servers.failed_over(old), ALL_SLOTS)]

    return break_it


def break_shard(servers: ClusterSet, end: PrimaryEnd) -> Nemesis:
    """Return a nemesis for the primary of one shard."""

    def break_it(harness: Harness, clients: Sequence[ClientPlan], seconds: float) -> list[Fault]:
        old = servers.primaries[0]
        rows = [row for row in old.ask("CLUSTER SLOTS") if row[2][1] == old.port]
        slots = frozenset(slot for first, last, *_ in rows for slot in range(first, last + 1))
        [heir, *_] = servers.replicas_of(old)
        return [_break(old, end, lambda: heir.ask("CLUSTER FAILOVER"), lambda: servers.failed_over(old), slots)]

    return break_it


def _break(
    old: Node, end: PrimaryEnd, replace: Callable[[], object], is_replaced: Callable[[], bool], slots: frozenset[int]
) -> Fault:
    if end is PrimaryEnd.LAGGING:
        old.ask("ACL SETUSER", "default", "-psync", "-sync")
        old.ask("CLIENT KILL", "TYPE", "replica")  # they reconnect at once, and are refused
        _wait(_LAG)
    began = time.monotonic()
    breaks: dict[PrimaryEnd, Callable[[], object]] = {PrimaryEnd.HUNG: old.pause, PrimaryEnd.REPLACED: replace}
    breaks.get(end, old.kill)()
    eventually(is_replaced, 60)
    replaced = time.monotonic()
    match end:
        case PrimaryEnd.HUNG:
            return Fault(began, replaced, _stale_window(old), slots)
        case PrimaryEnd.REPLACED:
            return Fault(began, replaced, Window(began, replaced + MOVED_ON), slots)
        case _:
            return Fault(began, replaced, None, slots)


def _stale_window(old: Node) -> Window:
    """Resume the old primary; return the span in which it believes to be the primary."""
    _wait(_HANGS_ON)
    began = time.monotonic()
    old.resume()
    eventually(lambda: _is_demoted(old), 60)
    return Window(began, time.monotonic())


def _is_demoted(old: Node) -> bool:
    with suppress(RedisError):  # a demotion ends all connections
        return bool(old.ask("INFO", "replication")["role"] == "slave")
    return False


def move_slots(servers: ClusterSet, random: Random) -> Nemesis:
    """Return a nemesis that moves slots of quotes in use to another shard and back; no primary fails."""

    def move(harness: Harness, clients: Sequence[ClientPlan], seconds: float) -> list[Fault]:
        until, moves = time.monotonic() + seconds, 0
        while time.monotonic() < until or moves <= seconds:  # enough moves, also on a slow machine
            source = servers.primary_of(key := harness.key(eventually(lambda: random.choice(clients).current_id)))
            target = random.choice([node for node in servers.primaries if node is not source])
            for one, other in ((source, target), (target, source)):
                for _ in servers.move_slot(key_slot(key.encode()), one, other):
                    _wait(random.uniform(0, 0.1))
                moves += 1
        return []

    return move
