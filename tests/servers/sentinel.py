"""A primary, two replicas, and three sentinels that watch them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from tests.servers.node import Node, started
from tests.servers.site import OnSite, Site, valkey_site
from tests.support.waiting import eventually

SERVICE = "quotes"
_REPLICAS = 2
_SENTINELS = 3
_DOWN_AFTER = 1000
"""Milliseconds of silence after which a sentinel considers a server dead."""


class SentinelSet(OnSite):
    """The servers and the sentinels, with one password for all."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._first = Node(site, "server-0", self._server_lines())
        follow = [f"replicaof 127.0.0.1 {self._first.port}"]
        self.servers = [
            self._first,
            *(Node(site, f"server-{n}", [*self._server_lines(), *follow]) for n in range(1, 1 + _REPLICAS)),
        ]
        watch = self._sentinel_lines()
        self.sentinels = [Node(site, f"sentinel-{n}", watch, sentinel=True) for n in range(_SENTINELS)]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.sentinels)
        return f"{self._site.scheme}+sentinel://:{self._site.password}@{hosts}/{SERVICE}"

    @property
    def primary(self) -> Node:
        """The server that most sentinels name as the primary, dead or alive."""
        ports = [port for node in self.sentinels if (port := self._primary_port(node))]
        chosen = max(set(ports), key=ports.count)
        return next(node for node in self.servers if node.port == chosen)

    @property
    def replicas(self) -> list[Node]:
        primary = self.primary
        return [node for node in self.servers if node is not primary]

    def client(self) -> Redis:
        """Return a client of the administrator, connected to the present primary."""
        return self._site.client(self.primary.port)

    def is_replicated(self) -> bool:
        """Tell whether the replicas follow the first server."""
        return self._is_followed(self._first)

    def settled(self) -> bool:
        """Tell whether every sentinel knows all the others and a primary that every running server follows."""
        try:
            return all(self._sees_all(node) for node in self.sentinels) and self._is_followed(self.primary)
        except RedisError:
            return False

    def failed_over(self, old: Node) -> bool:
        """Tell whether another server is the primary for the sentinels and for itself."""
        primary = self.primary
        return primary is not old and _info(primary)["role"] == "master"

    def _primary_port(self, sentinel: Node) -> int | None:
        if not sentinel.is_awake:
            return None
        with sentinel.admin() as client:
            found = client.sentinel_get_master_addr_by_name(SERVICE)
        return int(found[1]) if found else None

    def _sees_all(self, sentinel: Node) -> bool:
        with sentinel.admin() as client:
            state = client.sentinel_master(SERVICE)
        others, replicas = int(state["num-other-sentinels"]), int(state["num-slaves"])
        return (others, replicas) == (_SENTINELS - 1, _REPLICAS)

    def _is_followed(self, primary: Node) -> bool:
        followers = [_info(node) for node in self.servers if node.is_awake and node is not primary]
        return _info(primary)["role"] == "master" and all(
            (role.get("master_port"), role.get("master_link_status")) == (primary.port, "up") for role in followers
        )

    def _server_lines(self) -> list[str]:
        speed = ["repl-diskless-sync yes", "repl-diskless-sync-delay 0", 'save ""', "appendonly yes"]
        return [f"masterauth {self._site.password}", *speed, "maxmemory-policy noeviction"]

    def _sentinel_lines(self) -> list[str]:
        return [
            f"sentinel monitor {SERVICE} 127.0.0.1 {self._first.port} {_SENTINELS // 2 + 1}",
            f"sentinel auth-pass {SERVICE} {self._site.password}",
            f"sentinel sentinel-pass {self._site.password}",
            f"sentinel down-after-milliseconds {SERVICE} {_DOWN_AFTER}",
            f"sentinel failover-timeout {SERVICE} 3000",
        ]


def _info(node: Node) -> dict[str, Any]:
    with node.admin() as client:
        return dict(client.info("replication"))


@contextmanager
def running_sentinel(folder: Path, site: Callable[[Path], Site] = valkey_site) -> Iterator[SentinelSet]:
    """
    Run servers and sentinels for this block alone, with their data in that folder.

    Raises: ServerMissing
    """
    place = site(folder)
    found = SentinelSet(place)
    with place.ports, started(found.servers):
        # A sentinel looks for replicas when it starts, and then only every ten seconds.
        eventually(found.is_replicated)
        with started(found.sentinels):
            eventually(found.settled)
            yield found
