"""Servers that refuse commands, each for another reason, and the fate of a claim meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest
from redis.crc import key_slot
from redis.exceptions import ResponseError

from domain.claims import QuoteStatus
from domain.errors import QuoteAlreadyClaimed, StoreReadOnly, StoreUnavailable, StoreUnreachable
from domain.model import QuoteId, QuoteToken
from domain.use_cases.start_quote import Started
from entrypoints.services import Services
from tests.contract.support.sql_backends import SqliteBackend
from tests.faults.support.visitor import DEADLINE
from tests.servers.cluster import ClusterSet, Member, running_cluster
from tests.servers.process import or_skip
from tests.servers.redis7 import RedisServer, running_redis
from tests.support.in_memory_service import applicant
from tests.support.real_service import RealService, connected
from tests.support.waiting import at_most, eventually

pytestmark = pytest.mark.backend("redis")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with or_skip(running_redis(tmp_path / "redis")) as found:
        yield found


@pytest.fixture
def own_service(server: RedisServer, tmp_path: Path) -> Iterator[RealService]:
    sql = SqliteBackend(tmp_path / "quotes.db")
    with connected(server.environ, sql) as services:
        yield RealService(sql, services)


def cannot_save_its_data(server: RedisServer) -> None:
    """Let each write be refused with MISCONF."""
    (server.folder / "dump.rdb").mkdir()
    with server.client() as admin:
        admin.config_set("save", "3600 1")
        admin.bgsave()
        eventually(lambda: admin.info("persistence")["rdb_last_bgsave_status"] == "err")


def is_a_replica_whose_primary_has_gone(server: RedisServer) -> None:
    """Let each read be refused with MASTERDOWN."""
    with server.client() as admin:
        admin.config_set("replica-serve-stale-data", "no")
        admin.replicaof("127.0.0.1", 1)


def is_reading_its_data(server: RedisServer) -> None:
    """Let each command be refused with LOADING, for some seconds."""
    with server.client() as admin:
        for number in range(1000):
            admin.set(f"other:{number}", random.randbytes(1024))  # noqa: S311 - it must only be hard to compress
        admin.bgrewriteaof()
        eventually(lambda: not admin.info("persistence")["aof_rewrite_in_progress"])
        assert admin.info("persistence")["aof_last_bgrewrite_status"] == "ok"
    server.kill()
    server.configure("key-load-delay 10000", "loading-process-events-interval-bytes 1024")
    server.launch()
    eventually(server.is_loading)


def assert_refused(own_service: RealService, quote: Started, error: type[StoreUnavailable], reason: str) -> None:
    key = (quote.quote_id, quote.token)
    calls: list[Callable[[], object]] = [
        own_service.start,
        lambda: own_service.services.save_details(*key, {}),
        lambda: own_service.services.discard_quote(*key),
    ]
    for call in calls:
        with at_most(DEADLINE), pytest.raises(error, match=reason) as refused:
            call()
        assert type(refused.value) is error


def test_a_quote_is_claimed_from_a_store_that_cannot_save_its_data(
    server: RedisServer, own_service: RealService
) -> None:
    quote = own_service.start()
    cannot_save_its_data(server)
    assert_refused(own_service, quote, StoreReadOnly, "MISCONF")
    assert quote.details == own_service.services.get_quote(quote.quote_id, quote.token).details
    registered = own_service.register(quote, applicant())
    assert (registered.quote.status, registered.access) == (QuoteStatus.CLAIMED, None)
    assert own_service.claim(quote.quote_id)["cleanup"] == "pending"


def test_a_quote_follows_its_claim_from_a_replica_whose_primary_has_gone(
    server: RedisServer, own_service: RealService
) -> None:
    quote = own_service.start()
    is_a_replica_whose_primary_has_gone(server)
    assert_refused(own_service, quote, StoreReadOnly, "read only replica")
    with at_most(DEADLINE), pytest.raises(StoreUnreachable, match="MasterDown"):
        own_service.services.get_quote(quote.quote_id, quote.token)
    assert_follows(own_service, quote)


def test_a_quote_follows_its_claim_from_a_store_that_is_reading_its_data(
    server: RedisServer, own_service: RealService
) -> None:
    quote = own_service.start()
    is_reading_its_data(server)
    assert_refused(own_service, quote, StoreUnreachable, "BusyLoading")
    assert_follows(own_service, quote)
    eventually(lambda: not server.is_loading(), 90)
    assert quote.details == own_service.services.get_quote(quote.quote_id, quote.token).details


def assert_follows(own_service: RealService, quote: Started) -> None:
    assert own_service.register(quote, applicant()).quote.status is QuoteStatus.PENDING
    assert own_service.claim(quote.quote_id)["state"] == "fetch_pending"


@pytest.mark.backend("cluster")
def test_a_quote_follows_its_claim_from_a_cluster_that_lost_its_slot(tmp_path: Path) -> None:
    """The cluster answers CLUSTERDOWN."""
    with or_skip(running_cluster(tmp_path / "cluster")) as servers:
        sql = SqliteBackend(tmp_path / "quotes.db")
        with connected(servers.environ, sql) as services:
            own_service = RealService(sql, services)
            quote = own_service.start()
            give_back = lose_slot_of_the_only_quote(servers)
            key = (quote.quote_id, quote.token)
            with at_most(DEADLINE), pytest.raises(StoreUnreachable, match="ClusterDown"):
                services.save_details(*key, {})
            assert_follows(own_service, quote)
            # From now on the client knows that no node has the slot, and sends no command.
            eventually(lambda: is_refused(services, key, "not covered"))
            give_back()
            eventually(lambda: not is_refused(services, key, ""))


def is_refused(services: Services, key: tuple[QuoteId, QuoteToken], reason: str) -> bool:
    try:
        services.save_details(*key, {})
    except StoreUnreachable as refused:
        return reason in str(refused)
    except QuoteAlreadyClaimed:
        return False
    return False


def lose_slot_of_the_only_quote(servers: ClusterSet) -> Callable[[], object]:
    """Take the slot of the quote from its node; return a function that gives it back."""
    with closing(servers.client()) as admin:
        key = next(iter(admin.scan_iter("q:*"))).decode()
    primary, slot = servers.primary_of(key), key_slot(key.encode())
    # The primary first: its heartbeats would give the slot back to it on the other nodes. One may be under way.
    primary.ask("CLUSTER DELSLOTS", slot)
    for node in servers.nodes:
        if node is not primary:
            eventually(partial(has_forgotten, node, slot))
    return lambda: primary.ask("CLUSTER ADDSLOTS", slot)


def has_forgotten(node: Member, slot: int) -> bool:
    """Tell whether the node assigns the slot to nobody; let it forget the slot if it does not."""
    if not any(int(first) <= slot <= int(last) for first, last, *_ in node.ask("CLUSTER SLOTS")):
        return True
    with suppress(ResponseError):  # it may have forgotten the slot just now
        node.ask("CLUSTER DELSLOTS", slot)
    return False
