"""
Histories: many clients of the service, while a primary is killed or hangs, or slots move, and what is found of it.

Also by hand: `python -m tests.proof.histories.failovers --help`.
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

from tests.contract.sql_legs import SqlLeg
from tests.contract.sql_server_legs import PostgresqlLeg
from tests.proof.histories.checkers.checker import Report, check
from tests.proof.histories.clients.workload import busy
from tests.proof.histories.faults.fault_log import Course
from tests.proof.histories.faults.nemesis import Break, How, broken_primary, broken_shard, moved_slots
from tests.proof.histories.faults.server_logs import promotions, unforeseen
from tests.proof.histories.harness import Stand, standing
from tests.servers.cluster import running_cluster
from tests.servers.node import Node
from tests.servers.postgresql import running_postgresql
from tests.servers.sentinel import running_sentinel

CLIENTS = 14
SECONDS = 10.0
"""Of load; more where the fault takes longer."""
_BEFORE = 0.25
"""The share of them that passes before anything is broken."""
_wait = threading.Event().wait


def sentinel_failover(
    folder: Path,
    sql: SqlLeg,
    seed: int,
    clients: int = CLIENTS,
    seconds: float = SECONDS,
    *,
    how: How = How.KILLED,
) -> Report:
    """The primary ends in that way."""
    with running_sentinel(folder) as servers, standing(servers, sql) as stand:
        return _history(stand, servers.servers, seed, clients, seconds, broken_primary(servers, how))


def cluster_failover(
    folder: Path,
    sql: SqlLeg,
    seed: int,
    clients: int = CLIENTS,
    seconds: float = SECONDS,
    *,
    how: How = How.KILLED,
) -> Report:
    """One shard's primary ends in that way."""
    with running_cluster(folder) as servers, standing(servers, sql) as stand:
        return _history(stand, servers.nodes, seed, clients, seconds, broken_shard(servers, how))


def slot_migration(folder: Path, sql: SqlLeg, seed: int, clients: int = CLIENTS, seconds: float = SECONDS) -> Report:
    """The slots of quotes that are in use move from shard to shard, and back."""
    with running_cluster(folder) as servers, standing(servers, sql) as stand:
        moved = moved_slots(servers, Random(seed))  # noqa: S311 - no secret
        return _history(stand, servers.nodes, seed, clients, seconds, moved)


def _history(stand: Stand, nodes: Sequence[Node], seed: int, number: int, seconds: float, broken: Break) -> Report:
    with stand.reconciling(), busy(stand.services, stand.record, seed, number) as clients:
        began = time.monotonic()
        _wait(seconds * _BEFORE)
        faults = broken(stand, clients, seconds * (1 - _BEFORE))
        _wait(max(seconds / 4, began + seconds - time.monotonic()))
    faults = [*faults, *unforeseen(promotions(nodes, began), len(faults))]
    stand.reconcile_to_the_end()
    course = Course(tuple(faults), time.monotonic())
    stand.ask_again()
    return check(stand.record.operations, stand.ending(), course)


HISTORIES: dict[str, Callable[[Path, SqlLeg, int, int, float], Report]] = {
    **{f"sentinel-{how}": partial(sentinel_failover, how=how) for how in How},
    **{f"cluster-{how}": partial(cluster_failover, how=how) for how in How},
    "slots-moved": slot_migration,
}


@click.command()
@click.argument("history", type=click.Choice(list(HISTORIES)))
@click.option("--seed", type=int, default=None, help="of the clients' plans; made up unless it is given")
@click.option("--clients", default=CLIENTS, show_default=True)
@click.option("--seconds", default=SECONDS, show_default=True, help="of load")
def main(history: str, seed: int | None, clients: int, seconds: float) -> None:
    """Run one history on servers of its own, and tell what it shows. The status is 1 where a promise is broken."""
    logging.getLogger("quotehold").setLevel(logging.CRITICAL)
    seed = time.time_ns() % 100_000 if seed is None else seed
    with tempfile.TemporaryDirectory() as place, running_postgresql(Path(place) / "sql") as server:
        server.create_database("quotes")
        sql = PostgresqlLeg(server, "quotes")
        report = HISTORIES[history](Path(place) / "store", sql, seed, clients, seconds)
    click.echo(f"{history}, seed {seed}: {report.figure}")
    for violation in report.violations:
        click.echo(f"  {violation}")
    sys.exit(bool(report.violations))


if __name__ == "__main__":
    main()
