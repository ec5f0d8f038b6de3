"""The connection to the store, set up so that a call costs one round trip and ends within its deadline."""

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
    """The commands that the stores use. Each is about one key, so that one node of a cluster answers it alone."""

    def get(self, name: str, /) -> Any: ...

    def evalsha(self, sha: str, numkeys: int, /, *keys_and_args: bytes | str | int) -> Any: ...

    def eval(self, script: str, numkeys: int, /, *keys_and_args: bytes | str | int) -> Any: ...

    def close(self) -> None: ...


class ScanClient(Protocol):
    """A client of one server or of a cluster. Only a scan asks about more than one key."""

    def pipeline(self, transaction: bool = True) -> Any: ...

    def scan_iter(self, match: str, count: int) -> Iterator[bytes]: ...


def scan_client(client: Client) -> ScanClient:
    """The same servers, for questions about many keys."""
    return client.whole() if isinstance(client, ClusterClient) else cast("ScanClient", client)


def connect(url: str, *, tls: Tls = _SYSTEM_TLS, max_connections: int = 256) -> Client:
    """
    A client for one server, for Sentinel or for a cluster; it connects at its first command.

    A connection that turns out to be closed is replaced and the command sent once more, which every script allows.
    A command that timed out is not: the server is slow already, and the caller's deadline is short. (Left alone,
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
