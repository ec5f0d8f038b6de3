"""
Checked histories on real servers: what a failover, or a slot that moves, does to clients and to their quotes. `make
faults` plays those too that are missing here, for the time they take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.contract.databases import empty_database
from tests.contract.sql_legs import SqlLeg
from tests.proof.histories.checkers.checker import Report
from tests.proof.histories.checkers.quote_history import Excuse
from tests.proof.histories.failovers import cluster_failover, sentinel_failover, slot_migration
from tests.proof.histories.faults.fault_log import RECOVERY
from tests.proof.histories.faults.nemesis import How
from tests.proof.histories.history import Outcome
from tests.servers.process import ServerMissing

SEED = 1
ENOUGH = 1000
"""Acknowledged saves and claims, of which some are always on their way when the primary ends."""

pytestmark = pytest.mark.timeout(180)
on_sentinel = pytest.mark.parametrize("pair", ["sentinel+postgresql"])
on_cluster = pytest.mark.parametrize("pair", ["cluster+postgresql"])

Run: TypeAlias = Callable[..., Report]
"""Given the function of a history, and how the primary ends."""


@pytest.fixture
def sql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlLeg]:
    with empty_database("postgresql", request, tmp_path) as found:
        yield found


@pytest.fixture
def run(sql: SqlLeg, tmp_path: Path, record_property: Callable[[str, object], None]) -> Run:
    """Makes a history of that kind, on servers of its own, and tells its figures. It never breaks a promise."""

    def make(history: Callable[..., Report], how: How | None = None) -> Report:
        try:
            report = history(tmp_path / "store", sql, SEED, **({"how": how} if how else {}))
        except ServerMissing as missing:
            pytest.skip(str(missing))
        record_property("figure", report.figure)
        assert report.violations == [], report.figure
        return report

    return make


@on_sentinel
def test_a_primary_that_is_killed_breaks_no_promise(pair: str, run: Run) -> None:
    report = run(sentinel_failover, How.KILLED)
    assert report.acknowledged >= ENOUGH
    assert report.refusals
    assert report.last_refusal < RECOVERY


@on_sentinel
def test_what_was_not_replicated_is_lost_and_counted_and_breaks_no_other_promise(pair: str, run: Run) -> None:
    report = run(sentinel_failover, How.LAGGING)
    assert report.acknowledged >= ENOUGH
    assert report.excused[Excuse.LOST_SAVE] > 0
    assert report.last_refusal < RECOVERY


@on_cluster
def test_a_primary_of_one_shard_that_is_killed_breaks_no_promise(pair: str, run: Run) -> None:
    report = run(cluster_failover, How.KILLED)
    assert report.acknowledged >= ENOUGH
    assert report.refusals
    assert report.last_refusal < RECOVERY


@on_cluster
def test_slots_that_move_under_load_lose_nothing_and_are_not_seen_by_any_client(pair: str, run: Run) -> None:
    report = run(slot_migration)
    assert report.acknowledged >= ENOUGH
    assert report.number(Outcome.UNKNOWN) == 0
    assert not report.refusals
    assert not report.pending
    assert not report.excused
