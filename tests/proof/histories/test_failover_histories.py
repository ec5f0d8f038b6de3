"""Histories on real servers, during failovers and a slot migration. `make faults` runs more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.contract.support.database_fixtures import empty_database
from tests.contract.support.sql_backends import SqlBackend
from tests.proof.histories.checkers.checker import Report
from tests.proof.histories.checkers.quote_history import Excuse
from tests.proof.histories.failovers import cluster_failover, sentinel_failover, slot_migration
from tests.proof.histories.faults.nemesis import PrimaryEnd
from tests.proof.histories.history import Outcome
from tests.servers.process import ServerMissing

SEED = 1
ENOUGH = 1000
"""Acknowledged saves and claims; some are always in flight when the primary ends."""

on_sentinel = pytest.mark.parametrize("backend", ["sentinel+postgresql"])
on_cluster = pytest.mark.parametrize("backend", ["cluster+postgresql"])

Run: TypeAlias = Callable[..., Report]
"""Runs a history function with an end of the primary."""


@pytest.fixture
def sql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlBackend]:
    with empty_database("postgresql", request, tmp_path) as found:
        yield found


@pytest.fixture
def run(sql: SqlBackend, tmp_path: Path, record_property: Callable[[str, object], None]) -> Run:
    """Run that history on its own servers, and check that it breaks no invariant."""

    def make(history: Callable[..., Report], end: PrimaryEnd | None = None) -> Report:
        try:
            report = history(tmp_path / "store", sql, SEED, **({"end": end} if end else {}), enough=ENOUGH)
        except ServerMissing as missing:
            pytest.skip(str(missing))
        record_property("figure", report.figure)
        assert report.violations == [], report.figure
        return report

    return make


@on_sentinel
def test_a_primary_that_is_killed_breaks_no_promise(backend: str, run: Run) -> None:
    report = run(sentinel_failover, PrimaryEnd.KILLED)
    assert report.acknowledged >= ENOUGH
    assert report.refusals


@on_sentinel
def test_writes_without_replication_are_lost_and_counted_and_break_no_other_promise(backend: str, run: Run) -> None:
    report = run(sentinel_failover, PrimaryEnd.LAGGING)
    assert report.acknowledged >= ENOUGH
    assert report.excused[Excuse.LOST_SAVE] > 0


@on_cluster
def test_a_primary_of_one_shard_that_is_killed_breaks_no_promise(backend: str, run: Run) -> None:
    report = run(cluster_failover, PrimaryEnd.KILLED)
    assert report.acknowledged >= ENOUGH
    assert report.refusals


@on_cluster
def test_slots_that_move_under_load_lose_nothing_and_are_not_seen_by_any_client(backend: str, run: Run) -> None:
    report = run(slot_migration)
    assert report.acknowledged >= ENOUGH
    assert report.number(Outcome.UNKNOWN) == 0
    assert not report.refusals
    assert not report.pending
    assert not report.excused
