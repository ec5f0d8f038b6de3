"""Every adapter of the stores' ports as a leg of the contract suites, on servers that last as long as the test run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import fakeredis
import pytest
from redis import Redis
from redis.cluster import RedisCluster

from adapters.embedded.valkey import EmbeddedValkey
from adapters.redis.client import connect
from adapters.redis.options import Tls
from tests import legs
from tests.contract.store_legs import MemoryLeg, RedisLeg, StoreLeg
from tests.servers.cluster import ClusterSet, running_cluster
from tests.servers.process import or_skip
from tests.servers.redis7 import RedisServer, running_redis
from tests.servers.sentinel import SentinelSet, running_sentinel
from tests.servers.valkey import running_valkey


class Address(NamedTuple):
    """What a client needs to be told."""

    url: str
    tls: Tls = Tls()


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    with or_skip(running_valkey(tmp_path_factory.mktemp("valkey"))) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with or_skip(running_redis(tmp_path_factory.mktemp("redis"))) as server:
        yield server


@pytest.fixture(scope="session")
def sentinel_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SentinelSet]:
    with or_skip(running_sentinel(tmp_path_factory.mktemp("sentinel"))) as servers:
        yield servers


@pytest.fixture(scope="session")
def cluster_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterSet]:
    with or_skip(running_cluster(tmp_path_factory.mktemp("cluster"))) as servers:
        yield servers


@pytest.fixture(params=legs.REDIS)
def redis_leg(request: pytest.FixtureRequest) -> Iterator[RedisLeg]:
    """A real server, or several, with a client as the service makes it."""
    with _redis_leg(request) as leg:
        yield leg


@pytest.fixture(params=["memory", "fakeredis", *legs.REDIS])
def store_leg(request: pytest.FixtureRequest) -> Iterator[StoreLeg]:
    match request.param:
        case "memory":
            yield MemoryLeg()
        case "fakeredis":
            fake = fakeredis.FakeRedis()
            yield RedisLeg(fake, fake, shebang=False)
        case _:
            with _redis_leg(request) as leg:
                yield leg


@pytest.fixture(params=legs.REDIS)
def address(request: pytest.FixtureRequest) -> Address:
    """Where a real server is, or several are."""
    return _address(request)[0]


@contextmanager
def _redis_leg(request: pytest.FixtureRequest) -> Iterator[RedisLeg]:
    (url, tls), admin = _address(request)
    with closing(connect(url, tls=tls)) as client, closing(admin):
        yield RedisLeg(client, admin)


def _address(request: pytest.FixtureRequest) -> tuple[Address, Redis | RedisCluster]:
    """Of the service, and a client of the administrator."""
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
