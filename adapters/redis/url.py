"""The URL of a store, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, unquote

Topology = Literal["single", "sentinel", "cluster"]

_PORTS: dict[Topology, int] = {"single": 6379, "sentinel": 26379, "cluster": 6379}
_NODE = re.compile(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::([0-9]+))?")


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """
    Where a store is and who asks. `nodes` are the server, or the sentinels that watch `service`, or some members of a
    cluster; a unix socket has a `path` instead.
    """

    topology: Topology
    tls: bool
    nodes: tuple[tuple[str, int], ...]
    path: str
    service: str
    database: int
    username: str | None
    password: str | None


def parse(url: str) -> StoreUrl:
    """
    Parse any form of `QUOTES_REDIS_URL`, for one server, Sentinel or Cluster.

    Raises: ValueError, which does not show the URL
    """
    scheme, _, rest = url.partition("://")
    authority, _, place = rest.partition("/")
    userinfo, _, hosts = authority.rpartition("@")
    username, _, password = (unquote(part) or None for part in userinfo.partition(":"))
    if scheme == "unix":
        path, _, query = place.partition("?")
        database = int(parse_qs(query).get("db", ["0"])[0])
        return StoreUrl("single", False, (), f"/{unquote(path)}", "", database, username, password)
    topology = _topology(scheme)
    service, _, number = place.rpartition("/") if topology == "single" else place.partition("/")
    return StoreUrl(
        topology=topology,
        tls=scheme.startswith("rediss"),
        nodes=tuple(_node(host, _PORTS[topology]) for host in hosts.split(",")),
        path="",
        service=service,
        database=int(number or 0),
        username=username,
        password=password,
    )


def _topology(scheme: str) -> Topology:
    match scheme:
        case "redis" | "rediss":
            return "single"
        case "redis+sentinel" | "rediss+sentinel":
            return "sentinel"
        case "redis+cluster" | "rediss+cluster":
            return "cluster"
    raise ValueError("no URL of a store")


def _node(text: str, port: int) -> tuple[str, int]:
    parts = _NODE.fullmatch(text)
    if not parts:
        raise ValueError("no host of a store")
    return parts[1] or parts[2], int(parts[3] or port)
