"""
Runs histories: a workload during the loss of a primary or a slot migration, and its check.

One history: `python -m tests.proof.histories.failovers --help`.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random

import click

from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_server_backends import PostgresqlBackend
from tests.proof.histories.checkers.checker import Report, acknowledged, check
from tests.proof.histories.clients.workload import running_workload
from tests.proof.histories.faults.fault_log import FaultLog
from tests.proof.histories.faults.nemesis import Nemesis, PrimaryEnd, break_primary, break_shard, move_slots
from tests.proof.histories.faults.server_logs import promotions, unplanned_failovers
from tests.proof.histories.harness import Harness, running_harness
from tests.servers.cluster import running_cluster
from tests.servers.node import Node
from tests.servers.postgresql import running_postgresql
from tests.servers.sentinel import running_sentinel

CLIENTS = 14
SECONDS = 10.0
"""Seconds of load; more if the fault takes longer."""
_BETWEEN_COUNTS = 0.5
_BEFORE = 0.25
"""The share of the load before the fault."""
_MORE = 90.0
"""Seconds for which the load may last longer on a slow machine, until there are enough operations."""
_wait = threading.Event().wait


def sentinel_failover(
    folder: Path,
    sql: SqlBackend,
    seed: int,
    clients: int = CLIENTS,
    seconds: float = SECONDS,
    *,
    end: PrimaryEnd = PrimaryEnd.KILLED,
    enough: int = 0,
) -> Report:
    """Run a history in which the primary ends in that way, with enough acknowledged operations."""
    with running_sentinel(folder) as servers, running_harness(servers, sql) as harness:
        return _history(harness, servers.servers, seed, clients, seconds, break_primary(servers, end), enough)


def cluster_failover(
    folder: Path,
    sql: SqlBackend,
    seed: int,
    clients: int = CLIENTS,
    seconds: float = SECONDS,
    *,
    end: PrimaryEnd = PrimaryEnd.KILLED,
    enough: int = 0,
) -> Report:
    """Run a history in which one shard's primary ends in that way, with enough acknowledged operations."""
    with running_cluster(folder) as servers, running_harness(servers, sql) as harness:
        return _history(harness, servers.nodes, seed, clients, seconds, break_shard(servers, end), enough)


def slot_migration(
    folder: Path,
    sql: SqlBackend,
    seed: int,
    clients: int = CLIENTS,
    seconds: float = SECONDS,
    *,
    enough: int = 0,
) -> Report:
    """Run a history in which slots in use move to another shard and back, with enough acknowledged operations."""
    with running_cluster(folder) as servers, running_harness(servers, sql) as harness:
        nemesis = move_slots(servers, Random(seed))  # noqa: S311 - no secret
        return _history(harness, servers.nodes, seed, clients, seconds, nemesis, enough)


def _history(
    harness: Harness, nodes: Sequence[Node], seed: int, number: int, seconds: float, nemesis: Nemesis, enough: int
) -> Report:
    with harness.reconciling(), running_workload(harness.services, harness.record, seed, number) as clients:
        began = time.monotonic()
        _wait(seconds * _BEFORE)
        faults = nemesis(harness, clients, seconds * (1 - _BEFORE))
        _wait(max(seconds / 4, began + seconds - time.monotonic()))
        until = time.monotonic() + _MORE
        while acknowledged(harness.record.operations) < enough and time.monotonic() < until:
            _wait(_BETWEEN_COUNTS)
    faults = [*faults, *unplanned_failovers(promotions(nodes, began), len(faults))]
    harness.reconcile_until_settled()
    fault_log = FaultLog(tuple(faults), time.monotonic())
    harness.repeat_late_operations()
    return check(harness.record.operations, harness.final_state(), fault_log)


HISTORIES: dict[str, Callable[[Path, SqlBackend, int, int, float], Report]] = {
    **{f"sentinel-{end}": partial(sentinel_failover, end=end) for end in PrimaryEnd},
    **{f"cluster-{end}": partial(cluster_failover, end=end) for end in PrimaryEnd},
    "slots-moved": slot_migration,
}


@click.command()
@click.argument("history", type=click.Choice(list(HISTORIES)))
@click.option("--seed", type=int, default=None, help="of the clients' plans; made up unless it is given")
@click.option("--clients", default=CLIENTS, show_default=True)
@click.option("--seconds", default=SECONDS, show_default=True, help="of load")
def main(history: str, seed: int | None, clients: int, seconds: float) -> None:
    """Run one history on its own servers, and print its report. The status is 1 if an invariant was broken."""
    logging.getLogger("quotehold").setLevel(logging.CRITICAL)
    seed = time.time_ns() % 100_000 if seed is None else seed
    with tempfile.TemporaryDirectory() as folder, running_postgresql(Path(folder) / "sql") as server:
        server.create_database("quotes")
        sql = PostgresqlBackend(server, "quotes")
        report = HISTORIES[history](Path(folder) / "store", sql, seed, clients, seconds)
    click.echo(f"{history}, seed {seed}: {report.figure}")
    for violation in report.violations:
        click.echo(f"  {violation}")
    sys.exit(bool(report.violations))


if __name__ == "__main__":
    main()
