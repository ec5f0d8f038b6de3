"""Every adapter of the stores' ports as a backend of the contract suites, on servers that last the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import fakeredis
import pytest
from redis import Redis
from redis.cluster import RedisCluster

from adapters.redis.client import connect
from adapters.redis.options import Tls
from tests.contract.support.store_backends import MemoryBackend, RedisBackend, StoreBackend
from tests.servers.cluster import running_cluster
from tests.servers.process import lasting
from tests.servers.redis7 import running_redis
from tests.servers.sentinel import running_sentinel
from tests.servers.valkey import running_valkey
from tests.support import backends


class Address(NamedTuple):
    """The address of a store, and its TLS files."""

    url: str
    tls: Tls = Tls()


valkey_server = lasting("valkey_server", running_valkey)
redis_server = lasting("redis_server", running_redis)
sentinel_servers = lasting("sentinel_servers", running_sentinel)
cluster_servers = lasting("cluster_servers", running_cluster)


@pytest.fixture(params=backends.REDIS)
def redis_backend(request: pytest.FixtureRequest) -> Iterator[RedisBackend]:
    """Each kind of real store, with a client as the service makes it."""
    with _redis_backend(request) as backend:
        yield backend


@pytest.fixture(params=["memory", "fakeredis", *backends.REDIS])
def store_backend(request: pytest.FixtureRequest) -> Iterator[StoreBackend]:
    match request.param:
        case "memory":
            yield MemoryBackend()
        case "fakeredis":
            fake = fakeredis.FakeRedis()
            yield RedisBackend(fake, fake, shebang=False)
        case _:
            with _redis_backend(request) as backend:
                yield backend


@pytest.fixture(params=backends.REDIS)
def address(request: pytest.FixtureRequest) -> Address:
    """The address of each kind of real store."""
    return _address(request)[0]


@contextmanager
def _redis_backend(request: pytest.FixtureRequest) -> Iterator[RedisBackend]:
    (url, tls), admin = _address(request)
    with closing(connect(url, tls=tls)) as client, closing(admin):
        yield RedisBackend(client, admin)


def _address(request: pytest.FixtureRequest) -> tuple[Address, Redis | RedisCluster]:
    """Return the service's address of the store, and a client of the administrator."""
    match request.param:
        case "valkey":
            url = request.getfixturevalue("valkey_server").url
            return Address(url), Redis.from_url(url)
        case "redis":
            server = request.getfixturevalue("redis_server")
            return Address(server.url, server.tls), server.client()
        case "redis-unix":
            server = request.getfixturevalue("redis_server")
            return Address(server.unix_url), server.client()
        case name:
            servers = request.getfixturevalue(f"{name}_servers")
            return Address(servers.url, servers.tls), servers.client()
