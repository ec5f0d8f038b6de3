"""What is done to the servers in the midst of a history."""

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

from tests.proof.histories.clients.workload import Client
from tests.proof.histories.faults.fault_log import ALL_SLOTS, MOVED_ON, Fault, Window
from tests.proof.histories.harness import Stand
from tests.servers.cluster import ClusterSet, Member
from tests.servers.node import Node
from tests.servers.sentinel import SERVICE, SentinelSet
from tests.waiting import eventually

Break: TypeAlias = Callable[[Stand, Sequence[Client], float], Sequence[Fault]]
"""Break something under that load, for so many seconds at least if it can last; what was broken."""

_LAG = 0.3
"""Seconds between the end of replication and that of the primary."""
_HANGS_ON = 2.0
"""Seconds for which a hung primary hangs on once it is replaced: clients have moved on by then."""
_wait = threading.Event().wait


class How(enum.StrEnum):
    """How a primary ends."""

    KILLED = "killed"
    LAGGING = "lagging"
    """Killed a moment after its replicas were cut off from it, so that something is lost."""
    HUNG = "hung"
    """It hangs, is replaced, and comes back without knowing that."""
    REPLACED = "replaced"
    """On purpose, while it works: it may take writes some time longer, and they are lost."""


def broken_primary(servers: SentinelSet, how: How) -> Break:
    """The one that sentinels watch."""

    def break_it(stand: Stand, clients: Sequence[Client], seconds: float) -> list[Fault]:
        old = servers.primary

        def replace() -> None:
            servers.sentinels[0].ask("SENTINEL", "FAILOVER", SERVICE)

        return [_broken(old, how, replace, lambda: servers.failed_over(old), ALL_SLOTS)]

    return break_it


def broken_shard(servers: ClusterSet, how: How) -> Break:
    """The primary of one shard."""

    def break_it(stand: Stand, clients: Sequence[Client], seconds: float) -> list[Fault]:
        old = servers.primaries[0]
        rows = [row for row in old.ask("CLUSTER SLOTS") if row[2][1] == old.port]
        slots = frozenset(slot for first, last, *_ in rows for slot in range(first, last + 1))
        [heir, *_] = servers.replicas_of(old)
        return [_broken(old, how, lambda: heir.ask("CLUSTER FAILOVER"), lambda: _is_replaced(old, servers), slots)]

    return break_it


def _is_replaced(old: Member, servers: ClusterSet) -> bool:
    """Whether all others know."""
    layouts = [node.ask("CLUSTER SLOTS") for node in servers.nodes if node.is_awake]
    return all(row[2][1] != old.port for layout in layouts for row in layout)


def _broken(
    old: Node, how: How, replace: Callable[[], object], is_replaced: Callable[[], bool], slots: frozenset[int]
) -> Fault:
    if how is How.LAGGING:
        old.ask("ACL SETUSER", "default", "-psync", "-sync")
        old.ask("CLIENT KILL", "TYPE", "replica")  # they come back at once, and are refused
        _wait(_LAG)
    began = time.monotonic()
    breaks: dict[How, Callable[[], object]] = {How.HUNG: old.pause, How.REPLACED: replace}
    breaks.get(how, old.kill)()
    eventually(is_replaced)
    replaced = time.monotonic()
    match how:
        case How.HUNG:
            return Fault(began, replaced, _back(old), slots)
        case How.REPLACED:
            return Fault(began, replaced, Window(began, replaced + MOVED_ON), slots)
        case _:
            return Fault(began, replaced, None, slots)


def _back(old: Node) -> Window:
    """The time for which it takes itself for the primary."""
    _wait(_HANGS_ON)
    began = time.monotonic()
    old.resume()
    eventually(lambda: _is_demoted(old))
    return Window(began, time.monotonic())


def _is_demoted(old: Node) -> bool:
    with suppress(RedisError):  # who demotes it ends all of its connections
        return bool(old.ask("INFO", "replication")["role"] == "slave")
    return False


def moved_slots(servers: ClusterSet, random: Random) -> Break:
    """Those of quotes that are in use, from shard to shard and back. Nothing is broken by it."""

    def move(stand: Stand, clients: Sequence[Client], seconds: float) -> list[Fault]:
        until, moves = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            source = servers.primary_of(key := stand.key(eventually(lambda: random.choice(clients).current_id)))
            target = random.choice([node for node in servers.primaries if node is not source])
            for one, other in ((source, target), (target, source)):
                for _ in servers.move_slot(key_slot(key.encode()), one, other):
                    _wait(random.uniform(0, 0.1))
                moves += 1
        assert moves > seconds, f"only {moves} slots have moved"
        return []

    return move
