"""TLS to real servers: refused certificates and users; every connection of Sentinel and Cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from adapters.redis.client import connect
from adapters.redis.errors import translated_errors
from adapters.redis.options import Tls
from domain.errors import StoreDenied, StoreUnavailable, StoreUnreachable
from tests.contract.support.store_backends import RedisBackend
from tests.faults.support.visitor import Visitor
from tests.servers.cluster import ClusterSet, running_cluster
from tests.servers.process import or_skip
from tests.servers.redis7 import RedisServer
from tests.servers.sentinel import SentinelSet, running_sentinel
from tests.servers.site import redis_site
from tests.servers.tls import Authority
from tests.support.waiting import eventually

pytestmark = pytest.mark.backend("redis")


def refusal(url: str, tls: Tls, kind: type[StoreUnavailable] = StoreUnreachable) -> str:
    with closing(connect(url, tls=tls)) as client, pytest.raises(kind) as refused, translated_errors():
        client.get("q:nothing")
    return str(refused.value)


def test_a_server_whose_authority_is_not_trusted_gets_no_password(redis_server: RedisServer, tmp_path: Path) -> None:
    for ca in (Authority(tmp_path).ca, None):
        tls = redis_server.tls._replace(ca=ca)
        assert "certificate verify failed" in refusal(redis_server.url, tls)


def test_a_certificate_for_another_name_is_refused(redis_server: RedisServer) -> None:
    url = redis_server.url.replace("127.0.0.1", "localhost")
    assert "Hostname mismatch" in refusal(url, redis_server.tls)


def test_a_server_that_wants_a_certificate_gets_one(redis_server: RedisServer) -> None:
    assert refusal(redis_server.url, Tls(redis_server.tls.ca))
    with closing(connect(redis_server.url, tls=redis_server.tls)) as client:
        assert client.get("q:nothing") is None


def test_a_user_with_the_wrong_password_is_refused_without_a_word_of_it(redis_server: RedisServer) -> None:
    user, _, rest = redis_server.url.rpartition("@")[0].rpartition(":")
    assert user
    assert rest not in refusal(redis_server.url.replace(rest, "hunter2"), redis_server.tls, StoreDenied)


@pytest.fixture(params=["sentinel", "cluster"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SentinelSet | ClusterSet]:
    running: AbstractContextManager[SentinelSet | ClusterSet] = running_cluster(tmp_path, redis_site)
    if request.param == "sentinel":
        running = running_sentinel(tmp_path, redis_site)
    with or_skip(running) as found:
        yield found


def test_sentinel_and_cluster_speak_tls_on_every_way(servers: SentinelSet | ClusterSet) -> None:
    assert servers.url.startswith("rediss+")
    with closing(connect(servers.url, tls=servers.tls)) as client, closing(servers.client()) as admin:
        visitor = Visitor.of(RedisBackend(client, admin))
        primary = servers.primary if isinstance(servers, SentinelSet) else servers.primary_of(visitor.key)
        assert visitor.call()
        primary.kill()
        eventually(visitor.call, 60)
        visitor.check()
    assert refusal(servers.url, Tls())
