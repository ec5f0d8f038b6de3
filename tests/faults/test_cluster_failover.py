"""Redis Cluster: shards that die, hang or move while quotes of all shards are saved."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from redis.crc import key_slot

from adapters.redis.client import Client, connect
from adapters.redis.errors import translated_errors
from domain.errors import ClaimInProgress, DraftClaimed, StoreUnreachable
from domain.model import ClaimToken, QuoteRef, SaveId
from tests.contract.support.store_backends import RedisBackend, ref_at
from tests.faults.support.visitor import DEADLINE, REPEATED, Visitor, busy
from tests.servers.cluster import ClusterSet, Member, running_cluster
from tests.servers.process import or_skip
from tests.support.real_service import race
from tests.support.waiting import at_most, eventually

pytestmark = pytest.mark.backend("cluster")

GREENLETS = Path(__file__).parent / "support" / "greenlets.py"
FAILOVER = 60
"""Seconds within which a shard works again: a ceiling, since nodes on a busy machine may need several votes."""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[ClusterSet]:
    with or_skip(running_cluster(tmp_path / "cluster")) as found:
        yield found


@pytest.fixture
def visitors(servers: ClusterSet, client: Client) -> list[Visitor]:
    """A visitor for each shard; the quote of the first visitor is on the first primary."""
    with closing(servers.client()) as admin:
        backend = RedisBackend(client, admin)
        found: dict[Member, Visitor] = {}
        while len(found) < len(servers.primaries):
            ref = ref_at(backend.now())
            if (primary := servers.primary_of(backend.name(ref))) not in found:
                found[primary] = Visitor.of(backend, ref)
        return [found[primary] for primary in servers.primaries]


def test_a_dead_shard_disturbs_no_other_and_works_again_on_its_replica(
    servers: ClusterSet, visitors: list[Visitor]
) -> None:
    unlucky, *others = visitors
    dead = servers.primaries[0]
    with busy(others):
        dead.kill()
        for other in servers.primaries[1:]:
            other.ask("SCRIPT FLUSH")
        eventually(unlucky.call, FAILOVER)
    assert dead is not servers.primary_of(unlucky.key)
    assert unlucky.refusals
    assert not [refusal for other in others for refusal in other.refusals]
    for visitor in visitors:
        assert visitor.call()
        visitor.check(REPEATED)


def test_a_hung_shard_costs_its_own_callers_their_deadline_and_no_other_anything(
    servers: ClusterSet, visitors: list[Visitor]
) -> None:
    unlucky, *others = visitors
    hung = servers.primaries[0]
    with busy(others):
        hung.pause()
        eventually(unlucky.call, FAILOVER)
        hung.resume()
        eventually(servers.settled)
        assert eventually(unlucky.call, FAILOVER)
    assert not [refusal for other in others for refusal in other.refusals]
    assert max(other.slowest for other in others) < DEADLINE / 2
    for visitor in visitors:
        visitor.check()


def test_a_shard_that_hangs_for_a_moment_is_used_again(servers: ClusterSet, visitors: list[Visitor]) -> None:
    unlucky = visitors[0]
    servers.primaries[0].pause()
    assert not unlucky.call()
    servers.primaries[0].resume()
    assert eventually(unlucky.call, FAILOVER)
    unlucky.check()


def test_callers_of_a_hung_shard_do_not_wait_for_other_nodes_that_hang_too(
    servers: ClusterSet, visitors: list[Visitor]
) -> None:
    unlucky, lucky, _ = visitors
    primary = servers.primaries[0]
    for node in [primary, *(replica for one in servers.primaries for replica in servers.replicas_of(one))]:
        node.pause()
    for _ in range(3):
        with at_most(DEADLINE):
            answers = race([lambda: unlucky.quotes.get(unlucky.ref)] * 50)
        assert {StoreUnreachable} == {type(answer) for answer in answers}
        assert lucky.call()


def test_greenlets_that_wait_for_a_hung_shard_hold_up_no_other(servers: ClusterSet, visitors: list[Visitor]) -> None:
    unlucky, lucky, _ = visitors
    primary = servers.primaries[0]
    for node in (
        *servers.replicas_of(primary),
        primary,
    ):  # without paused replicas, one would take over while the process starts
        node.pause()
    command = [sys.executable, "-m", "gevent.monkey", str(GREENLETS), servers.url, unlucky.key, lucky.key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    slowest = json.loads(done.stdout)
    assert slowest["hung"] < DEADLINE
    assert slowest["alive"] < DEADLINE / 2
    assert slowest["calls"] > 20


class OneSlotBackend(RedisBackend):
    """A backend with all its quotes in one slot."""

    def name(self, ref: QuoteRef) -> str:
        return f"q:{{{self.test}}}:{ref.quote_id}"


@pytest.mark.parametrize("is_known", [True, False], ids=["to a known node", "to one that joined since"])
def test_quotes_whose_slot_moves_keep_working(servers: ClusterSet, client: Client, is_known: bool) -> None:
    with closing(servers.client()) as admin, servers.newcomer() as newcomer:
        backend = OneSlotBackend(client, admin)
        old, busy_one = Visitor.of(backend), Visitor.of(backend)
        source = servers.primary_of(old.key)
        target = next(node for node in servers.primaries if node is not source) if is_known else newcomer
        with busy([busy_one]):
            for _ in servers.move_slot(key_slot(old.key.encode()), source, target):
                busy_one.goes_on()
                assert old.call()
                live_to_the_end(backend)
        assert target is servers.primary_of(old.key)
        assert {"number": busy_one.saved} == busy_one.details
        live_to_the_end(backend, old.ref)
    for visitor in (old, busy_one):
        assert not visitor.refusals
        visitor.check()


def live_to_the_end(backend: RedisBackend, ref: QuoteRef | None = None) -> None:
    """Save, freeze, release and claim a quote: the given quote, or a new one."""
    quotes, claim = backend.quotes(), ClaimToken(bytes(16))
    one = Visitor(quotes, ref) if ref else Visitor.of(backend)
    assert one.call()
    assert quotes.begin_claim(one.ref, claim, None) == quotes.peek(one.ref)
    with pytest.raises(ClaimInProgress):
        quotes.discard(one.ref, None)
    quotes.abort_claim(one.ref, claim)
    stored = quotes.begin_claim(one.ref, claim, None)
    quotes.finish_claim(one.ref, stored.revision)
    with pytest.raises(DraftClaimed):
        quotes.get(one.ref)


def test_a_hung_node_of_the_url_keeps_nobody_from_the_others(servers: ClusterSet) -> None:
    hung = servers.primaries[0]
    key = next(key for key in map("q:{}".format, range(100)) if servers.primary_of(key) is not hung)
    hung.pause()
    with closing(connect(servers.url)) as client:
        eventually(lambda: call(client, key))


def test_a_missing_cluster_is_reported_in_time_and_used_once_it_runs(servers: ClusterSet) -> None:
    for node in servers.nodes:
        node.pause()
    with closing(connect(servers.url)) as client:
        assert not any(race([lambda: call(client, "q:nothing")] * 20))
        for node in servers.nodes:
            node.resume()
        eventually(lambda: call(client, "q:nothing"), FAILOVER)


def call(client: Client, key: str) -> bool:
    """Tell whether the call succeeded; fail the test if it exceeds its deadline."""
    with at_most(DEADLINE), suppress(StoreUnreachable), translated_errors():
        return client.get(key) is None
    return False


def test_nothing_that_was_saved_is_logged(
    servers: ClusterSet, visitors: list[Visitor], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    unlucky = visitors[0]
    servers.primaries[0].kill()
    with pytest.raises(StoreUnreachable):
        unlucky.quotes.save(unlucky.ref, SaveId(bytes(8)), {"iban": "DE02120300000000202051"}, None)
    eventually(unlucky.call, FAILOVER)
    for piece in ("DE02120300000000202051", unlucky.key[:20], "EVALSHA"):
        assert piece not in caplog.text
