"""A cluster of three primaries with a replica each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from operator import attrgetter
from pathlib import Path
from typing import Any

from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.crc import key_slot
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.servers.node import Node, started
from tests.servers.site import APP, CLUSTER_ACL, OnSite, Site, documented_acl, valkey_site
from tests.support.waiting import eventually

_PRIMARIES = 3
_SLOTS = 16384
_NODE_TIMEOUT = 1000
"""Milliseconds of silence after which a member considers another member dead."""


class Member(Node):
    """A node of a cluster; `name` is its id in the cluster."""

    def __init__(self, site: Site, name: str) -> None:
        self.bus = site.port()
        rule = f"user {APP} on >{site.app_password} {documented_acl()} {CLUSTER_ACL}"
        cluster = ["cluster-enabled yes", f"cluster-port {self.bus}", f"cluster-node-timeout {_NODE_TIMEOUT}"]
        # The loss of one shard must not stop the others.
        alone = ["cluster-require-full-coverage no", "cluster-replica-validity-factor 0"]
        speed = ["repl-diskless-sync yes", "repl-diskless-sync-delay 0", 'save ""', "appendonly yes"]
        lines = [rule, *cluster, *alone, *speed, f"masterauth {site.password}", "maxmemory-policy noeviction"]
        super().__init__(site, name, lines)

    @property
    def name(self) -> str:
        return str(self.ask("CLUSTER MYID").decode())


class ClusterSet(OnSite):
    """The members of a cluster and their present slots. The service has the rights that docs/production.md gives."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.nodes = [Member(site, f"node-{n}") for n in range(2 * _PRIMARIES)]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:_PRIMARIES])
        return f"{self._site.scheme}+cluster://{APP}:{self._site.app_password}@{hosts}"

    @property
    def primaries(self) -> list[Member]:
        """Return the members that serve slots, according to a running member."""
        return [self._at(primary[1]) for _, _, primary, *_ in self._slots()]

    def primary_of(self, key: str) -> Member:
        """Return the member that serves that key now, according to a running member."""
        slot = key_slot(key.encode())
        return next(self._at(row[2][1]) for row in self._slots() if row[0] <= slot <= row[1])

    def replicas_of(self, primary: Member) -> list[Member]:
        return [self._at(replica[1]) for row in self._slots() if row[2][1] == primary.port for replica in row[3:]]

    def client(self) -> RedisCluster:
        """Return a client of the administrator."""
        node_at: Any = ClusterNode  # redis-py gives it no types
        nodes = [node_at("127.0.0.1", node.port) for node in self.nodes if node.is_awake]
        return RedisCluster(
            startup_nodes=nodes,
            password=self._site.password,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            **self._site.secure,
        )

    def settled(self) -> bool:
        """Tell whether every member sees the same whole cluster, and every replica follows its primary."""
        try:
            layouts = {str(sorted(node.ask("CLUSTER SLOTS"), key=str)) for node in self.nodes}
            states = [node.ask("CLUSTER INFO")["cluster_state"] for node in self.nodes]
            roles = [node.ask("INFO", "replication") for node in self.nodes]
        except RedisError:
            return False
        following = [role for role in roles if role["role"] == "slave" and role["master_link_status"] == "up"]
        return len(layouts) == 1 and set(states) == {"ok"} and len(following) == _PRIMARIES

    def failed_over(self, old: Node) -> bool:
        """Tell whether all running members know of another primary in the place of `old`."""
        layouts = [node.ask("CLUSTER SLOTS") for node in self.nodes if node.is_awake]
        return all(row[2][1] != old.port for layout in layouts for row in layout)

    def form(self) -> None:
        """Make one cluster of the members, three primaries and their replicas."""
        primaries, replicas = self.nodes[:_PRIMARIES], self.nodes[_PRIMARIES:]
        share = _SLOTS // _PRIMARIES + 1
        for number, primary in enumerate(primaries):
            primary.ask("CLUSTER ADDSLOTSRANGE", number * share, min(_SLOTS, (number + 1) * share) - 1)
        for epoch, node in enumerate(self.nodes, start=1):
            node.ask("CLUSTER SET-CONFIG-EPOCH", epoch)
        self.meet(*self.nodes[1:])
        for primary, replica in zip(primaries, replicas, strict=True):
            replica.ask("CLUSTER REPLICATE", primary.name)
        eventually(self.settled)

    def meet(self, *newcomers: Member) -> None:
        """Make the newcomers known to all members."""
        for newcomer in newcomers:
            self.nodes[0].ask("CLUSTER MEET", "127.0.0.1", newcomer.port, newcomer.bus)
        eventually(lambda: all(len(node.ask("CLUSTER NODES")) == len(self.nodes) for node in self.nodes))

    @contextmanager
    def newcomer(self) -> Iterator[Member]:
        """Add a member without slots."""
        node = Member(self._site, f"node-{len(self.nodes)}")
        with started([node]):
            self.nodes.append(node)
            self.meet(node)
            eventually(lambda: node.ask("CLUSTER INFO")["cluster_state"] == "ok")
            yield node

    def move_slot(self, slot: int, source: Member, target: Member) -> Iterator[str]:
        """Move a slot with its keys; yield after each step."""
        target.ask("CLUSTER SETSLOT", slot, "IMPORTING", source.name)
        source.ask("CLUSTER SETSLOT", slot, "MIGRATING", target.name)
        yield "the slot is moving"
        while keys := source.ask("CLUSTER GETKEYSINSLOT", slot, 100):
            password = ["AUTH", self._site.password, "KEYS"]
            source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 1000, *password, *keys)
        yield "the keys have moved"
        for member in [target, source, *(node for node in self.primaries if node not in (source, target))]:
            member.ask("CLUSTER SETSLOT", slot, "NODE", target.name)
        yield "the slot has moved"

    def _slots(self) -> list[Any]:
        """Return the layout, from the first member that answers."""
        for node in filter(attrgetter("is_awake"), self.nodes):
            with suppress(RedisError):
                return list(node.ask("CLUSTER SLOTS"))
        raise AssertionError("no member of the cluster answers")

    def _at(self, port: int) -> Member:
        return next(node for node in self.nodes if node.port == port)


@contextmanager
def running_cluster(folder: Path, site: Callable[[Path], Site] = valkey_site) -> Iterator[ClusterSet]:
    """
    Run a cluster for this block alone, with its data in that folder.

    Raises: ServerMissing
    """
    place = site(folder)
    found = ClusterSet(place)
    with place.ports, started(found.nodes):
        found.form()
        yield found
