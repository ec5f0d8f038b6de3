"""Clients of the store. A call costs one round trip and ends within its deadline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.exceptions import ConnectionError  # noqa: A004 - the vendor's name; the built-in is not meant here
from redis.retry import Retry

from adapters.redis.cluster import ClusterClient
from adapters.redis.options import Tls, UnixConnection, credentials, transport
from adapters.redis.sentinel import Sentinels
from adapters.redis.url import parse

_SYSTEM_TLS = Tls()


class Client(Protocol):
    """The commands that the adapters use. Each is about one key, so that one node of a cluster can answer it."""

    def get(self, name: str, /) -> Any: ...

    def evalsha(self, sha: str, numkeys: int, /, *keys_and_args: bytes | str | int) -> Any: ...

    def eval(self, script: str, numkeys: int, /, *keys_and_args: bytes | str | int) -> Any: ...

    def close(self) -> None: ...


class ScanClient(Protocol):
    """A client of one server or of a cluster. Only a scan asks about more than one key."""

    def pipeline(self, transaction: bool = True) -> Any: ...

    def scan_iter(self, match: str, count: int) -> Iterator[bytes]: ...


def scan_client(client: Client) -> ScanClient:
    """Return a client of the same servers for questions about many keys."""
    return client.whole() if isinstance(client, ClusterClient) else cast("ScanClient", client)


def connect(url: str, *, tls: Tls = _SYSTEM_TLS, max_connections: int = 256) -> Client:
    """
    Return a client for one server, for Sentinel or for a cluster. It connects at its first command.

    If the server has closed the connection, the command is sent once more on a new one, which every script allows. A
    command that timed out is not repeated: the server is slow already, and the caller's deadline is short. (By default
    redis-py repeats ten times.) `max_connections` is for each server.
    """
    target = parse(url)
    context = tls.context() if target.tls else None
    options = credentials(target) | {"max_connections": max_connections}
    if target.topology == "cluster":
        return ClusterClient(target.nodes, context, options)
    options |= {
        "db": target.database,
        "health_check_interval": 20,
        "retry": Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
    }
    if target.topology == "sentinel":
        return Sentinels(target, context, max_connections).primary(options)
    if target.path:
        return Redis.from_pool(ConnectionPool(UnixConnection, path=target.path, **options))
    host, port = target.nodes[0]
    return Redis.from_pool(ConnectionPool(host=host, port=port, **transport(context), **options))
