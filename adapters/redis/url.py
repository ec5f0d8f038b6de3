"""The grammar of a Redis URL. The URL may hold a password, so no message shows any part of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

Topology = Literal["single", "sentinel", "cluster"]
Nodes = tuple[tuple[str, int], ...]

_USER = r"(?:(?P<username>[^:/?#\s]*)(?::(?P<password>[^/?#\s]*))?@)?"
_NODE = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?"
_NODES = rf"(?P<nodes>{_NODE}(?:,{_NODE})*)"
_DATABASE = r"(?P<database>[0-9]{1,5})"
_FORMS: tuple[tuple[Topology, re.Pattern[str]], ...] = (
    ("single", re.compile(rf"rediss?://{_USER}(?P<nodes>{_NODE})(?:/{_DATABASE}?)?")),
    ("single", re.compile(rf"unix://{_USER}(?P<path>/[^?#]+)(?:\?db={_DATABASE})?")),
    ("sentinel", re.compile(rf"rediss?\+sentinel://{_USER}{_NODES}/(?P<service>[A-Za-z0-9._-]+)(?:/{_DATABASE})?")),
    ("cluster", re.compile(rf"rediss?\+cluster://{_USER}{_NODES}/?")),
)
_LACKING = dict.fromkeys(("username", "password", "nodes", "path", "service", "database"), "")
_HOST_AND_PORT = re.compile(r"\[?([^\[\],]+?)\]?(?::([0-9]{1,5}))?(?:,|$)")
_DEFAULT_PORTS: dict[Topology, int] = {"single": 6379, "sentinel": 26379, "cluster": 6379}
_LAST_PORT = 65535
_ALLOWED = (
    "Use redis://:password@host:6379/0, unix://:password@/path?db=0, "
    "redis+sentinel://:password@host:26379,host/service or redis+cluster://:password@host:6379,host, "
    "and rediss instead of redis for TLS"
)


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """
    The address of a store and the credentials for it. `nodes` are the server, or the sentinels that watch `service`,
    or some members of a cluster. A Unix socket has a `path` instead.
    """

    topology: Topology
    tls: bool
    nodes: Nodes
    path: str
    service: str
    database: int
    username: str | None
    password: str | None = field(repr=False)


def parse(url: str) -> StoreUrl:
    """
    Read the URL of one server, of Sentinel or of a cluster. Options are refused, as they would undo the service's
    deadlines.

    Raises: ValueError (its text says how to fix the URL)
    """
    topology, parts = _matched(url)
    return StoreUrl(
        topology=topology,
        tls=url.startswith("rediss"),
        nodes=_nodes(parts["nodes"], _DEFAULT_PORTS[topology]),
        path=unquote(parts["path"]),
        service=parts["service"],
        database=int(parts["database"] or 0),
        username=unquote(parts["username"]) or None,
        password=unquote(parts["password"]) or None,
    )


def _matched(url: str) -> tuple[Topology, dict[str, str]]:
    """Return the parts of the URL by name, with "" for each that it lacks."""
    for topology, form in _FORMS:
        if url.isprintable() and (found := form.fullmatch(url)):
            return topology, _LACKING | found.groupdict("")
    raise ValueError(f"{_ALLOWED}; the given URL has another form")


def _nodes(text: str, default_port: int) -> Nodes:
    nodes = tuple((host, int(port or default_port)) for host, port in _HOST_AND_PORT.findall(text))
    if not all(0 < port <= _LAST_PORT for _, port in nodes):
        raise ValueError(f"{_ALLOWED}; the given URL has a port that is not between 1 and {_LAST_PORT}")
    return nodes
