"""Sentinel: a primary that is killed, hung or demoted, and sentinels that are unreachable."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError  # noqa: A004 - the vendor's name

from adapters.redis.client import Client, connect
from adapters.redis.sentinel import Sentinels
from adapters.redis.url import parse
from domain.errors import StoreUnreachable
from tests.contract.support.store_backends import RedisBackend
from tests.faults.support.visitor import DEADLINE, REPEATED, Visitor, busy
from tests.servers.node import Node
from tests.servers.process import or_skip
from tests.servers.sentinel import SERVICE, SentinelSet, running_sentinel
from tests.support.real_service import race
from tests.support.waiting import at_most, eventually

pytestmark = pytest.mark.backend("sentinel")

FAILOVER = 60
"""Seconds within which the service works again: a ceiling, since sentinels on a busy machine may need several votes."""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[SentinelSet]:
    with or_skip(running_sentinel(tmp_path / "sentinel")) as found:
        yield found


@pytest.fixture
def visitor(servers: SentinelSet, client: Client) -> Visitor:
    with servers.client() as admin:
        return Visitor.of(RedisBackend(client, admin))


def test_a_killed_primary_is_left_for_the_next_one(servers: SentinelSet, visitor: Visitor) -> None:
    old = servers.primary
    old.kill()
    eventually(visitor.call, FAILOVER)
    assert visitor.call()
    assert old is not servers.primary
    visitor.check(REPEATED)


def test_a_hung_primary_costs_each_call_its_deadline_until_the_next_one_is_found(
    servers: SentinelSet, visitor: Visitor
) -> None:
    old = servers.primary
    old.pause()
    eventually(visitor.call, FAILOVER)
    visitor.check()
    saved = visitor.saved
    old.resume()
    assert {"number": saved} == visitor.details
    assert visitor.call()
    visitor.check()


def test_a_primary_that_hangs_for_a_moment_is_used_again(servers: SentinelSet, visitor: Visitor) -> None:
    for _ in range(3):
        servers.primary.pause()
        assert not visitor.call()
        servers.primary.resume()
        eventually(visitor.call, FAILOVER)
        assert {"number": visitor.saved} == visitor.details
    visitor.check()


def test_a_primary_that_is_replaced_on_purpose_gets_no_saves_for_long(servers: SentinelSet, visitor: Visitor) -> None:
    """The old primary still accepts writes for many seconds, and they would be lost."""
    old = servers.primary
    with busy([visitor]):
        servers.sentinels[0].ask("SENTINEL", "FAILOVER", SERVICE)
        eventually(lambda: servers.failed_over(old), FAILOVER)
        with servers.client() as admin:
            before = admin.get(visitor.key)
            eventually(lambda: before != admin.get(visitor.key), 10)
    visitor.check()
    assert not visitor.refusals


def test_without_a_primary_a_call_costs_no_more_than_its_deadline(servers: SentinelSet, visitor: Visitor) -> None:
    for server in servers.servers:
        server.kill()
    eventually(lambda: all("s_down" in _flags(sentinel) for sentinel in servers.sentinels))
    assert not visitor.call()
    assert [StoreUnreachable] == [type(refusal) for refusal in visitor.refusals]
    visitor.check()


def test_hung_sentinels_delay_new_clients_and_not_connected_clients(servers: SentinelSet, visitor: Visitor) -> None:
    for sentinel in servers.sentinels[:2]:
        sentinel.pause()
    with busy([visitor]):
        eventually(lambda: visitor.saved > 100)
    assert not visitor.refusals
    with closing(connect(servers.url)) as newcomer, at_most(DEADLINE):
        assert newcomer.get("q:nothing") is None
    servers.sentinels[2].pause()
    assert visitor.call()
    with closing(connect(servers.url)) as newcomer, at_most(DEADLINE), pytest.raises(ConnectionError):
        newcomer.get("q:nothing")
    visitor.check()


def test_sentinels_are_asked_once_a_second_and_not_by_each_request(servers: SentinelSet) -> None:
    with closing(connect(servers.url)) as client:
        client.get("q:nothing")
        before, began = asked(servers), time.monotonic()
        for _ in range(1000):
            client.get("q:nothing")
        # The sentinels' own messages and the questions of this test are some ten commands a second.
        assert asked(servers) - before < 100 + 50 * (time.monotonic() - began)


def asked(servers: SentinelSet) -> int:
    """Return the number of commands that the sentinels have processed, their own messages included."""
    stats = [sentinel.ask("INFO", "stats") for sentinel in servers.sentinels]
    return sum(int(seen["total_commands_processed"]) for seen in stats)


def test_connections_that_the_sentinels_have_closed_are_replaced_without_a_word(servers: SentinelSet) -> None:
    sentinels = Sentinels(parse(servers.url), None, max_connections=8)
    for client, sentinel in zip(list(sentinels.sentinels), servers.sentinels, strict=True):
        assert client.ping()
        sentinel.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert sentinels.discover_master(SERVICE) == ("127.0.0.1", servers.primary.port)
    assert {client.connection_pool.max_connections for client in sentinels.sentinels} == {8}
    sentinels.close()


def test_no_sentinel_is_lost_to_many_concurrent_lookups(servers: SentinelSet) -> None:
    servers.sentinels[0].kill()
    sentinels = Sentinels(parse(servers.url), None, max_connections=8)
    dead_first = list(sentinels.sentinels)
    for _ in range(20):
        sentinels.sentinels = list(dead_first)
        race([lambda: sentinels.discover_master(SERVICE)] * 8)
        assert set(dead_first) == set(sentinels.sentinels)
    sentinels.close()


@pytest.mark.parametrize("username", ["", "default"])
def test_sentinels_without_a_password_are_asked_too(servers: SentinelSet, username: str) -> None:
    for sentinel in servers.sentinels:
        sentinel.ask("ACL", "SETUSER", "default", "nopass")
    with closing(connect(servers.url.replace("://:", f"://{username}:"))) as client:
        assert client.get("q:nothing") is None


def _flags(sentinel: Node) -> str:
    with sentinel.admin() as client:
        return str(client.sentinel_master(SERVICE)["flags"])
