"""SQLite: one writer at a time, and waits that must not block a worker."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import peewee
import pytest

from adapters.sql.database import POOL_SIZE, SqlDatabase
from adapters.sql.transactions import Transactions
from domain.claims import ClaimWithAccount
from domain.errors import CommitUnknown, DatabaseUnavailable
from domain.ports import Claims
from tests.contract.support.builders import a_new_claim, a_quote_id, an_account
from tests.contract.support.database_fixtures import ON_SQLITE, sql_ports
from tests.contract.support.sql_backends import SqliteBackend
from tests.contract.support.sql_faults import Cut, Faults, busy_connections
from tests.support.waiting import Stopwatch, at_most, eventually

pytestmark = ON_SQLITE

ROOT = Path(__file__).parent.parent.parent
ONE_OF_EACH = (1, 1, 1)


def locked() -> Exception:
    return peewee.OperationalError("database is locked")


def lost() -> Exception:
    return peewee.OperationalError("disk I/O error")


@pytest.mark.parametrize("step", ["CONNECT", "SELECT"])
def test_a_read_waits_for_a_lock(faults: Faults, database_claims: Claims, step: str) -> None:
    new = a_new_claim()
    database_claims.add(new)
    faults.fail(step, locked, times=10)

    assert ClaimWithAccount(new.claim, new.account) == database_claims.with_account(new.claim.quote_id)


def test_a_claim_waits_for_another_process_that_holds_the_lock_for_two_seconds(
    sql_backend: SqliteBackend, database: SqlDatabase, faults: Faults, database_claims: Claims
) -> None:
    began = time.monotonic()
    waited = threading.Event()

    def watch(_: str) -> None:
        if time.monotonic() - began > 2:
            waited.set()

    faults.watch = watch

    with ThreadPoolExecutor(1) as thread, _lock_held_elsewhere(database):
        claim = thread.submit(database_claims.add, a_new_claim())
        assert waited.wait(10)
        assert not claim.done()
    claim.result()

    assert sql_backend.rows() == ONE_OF_EACH


def test_a_claim_does_not_wait_for_a_lock_beyond_its_limit(database: SqlDatabase) -> None:
    claims = sql_ports(database, lock_wait_s=0.3).claims

    with _lock_held_elsewhere(database):
        watch = Stopwatch()
        with pytest.raises(DatabaseUnavailable, match="locked"):
            claims.add(a_new_claim())

        assert watch.elapsed >= 0.3
        assert watch.seconds < 2  # without that limit it would wait for 3 s


def test_a_claim_that_waits_for_a_lock_leaves_its_gevent_worker_to_others(
    sql_backend: SqliteBackend, database: SqlDatabase
) -> None:
    script = (
        "import gevent.monkey; gevent.monkey.patch_all()\n"
        "import sys, sqlite3, gevent\n"
        "from adapters.sql.database import open_database\n"
        "from tests.contract.support.builders import a_new_claim\n"
        "from tests.contract.support.database_fixtures import ON_SQLITE, sql_ports\n"
        "holder = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "holder.execute('BEGIN IMMEDIATE')\n"
        "claims = sql_ports(open_database(f'sqlite:///{sys.argv[1]}')).claims\n"
        "claim = gevent.spawn(claims.add, a_new_claim())\n"
        "for _ in range(50):\n"
        "    gevent.sleep(0.001)\n"
        "    assert not claim.dead\n"
        "holder.execute('COMMIT')\n"
        "claim.get(timeout=20)\n"
    )

    subprocess.run([sys.executable, "-c", script, database.pool.database], cwd=ROOT, check=True, timeout=30)

    assert sql_backend.rows() == ONE_OF_EACH


def test_reads_find_a_connection_while_more_claims_than_connections_wait_for_a_lock(
    sql_backend: SqliteBackend, database: SqlDatabase
) -> None:
    claims, many = sql_ports(database).claims, POOL_SIZE + 10
    with ThreadPoolExecutor(many) as threads:
        with _lock_held_elsewhere(database):
            waiting = [threads.submit(claims.add, a_new_claim(an_account(f"{n}@example.com"))) for n in range(many)]
            eventually(lambda: busy_connections(database) == POOL_SIZE // 2)
            with at_most(1):
                assert claims.with_account(a_quote_id()) is None
            assert not any(claim.done() for claim in waiting)
        for claim in waiting:
            claim.result()
    assert sql_backend.rows() == (many, many, many)


def test_committed_rows_can_be_read_while_another_process_writes(
    database: SqlDatabase, database_claims: Claims
) -> None:
    new = a_new_claim()
    database_claims.add(new)

    with _lock_held_elsewhere(database):
        assert new.quote == database_claims.quote(new.claim.quote_id)


def test_a_lock_that_stays_after_a_commit_was_sent_leaves_its_fate_unknown(
    database: SqlDatabase, faults: Faults
) -> None:
    claims = sql_ports(database, lock_wait_s=0.1).claims
    faults.lose_answer("COMMIT", lost)
    faults.at_each("COMMIT", lambda: faults.fail("BEGIN", locked, times=9_999))

    with pytest.raises(CommitUnknown):
        claims.add(a_new_claim())


def test_an_interrupted_transaction_frees_its_lock_also_with_rows_still_to_be_read(
    sql_backend: SqliteBackend, database: SqlDatabase
) -> None:
    cursors = []

    def work(connection: peewee.Database) -> None:
        connection.execute_sql("CREATE TABLE numbers AS SELECT 1 UNION SELECT 2 UNION SELECT 3")
        cursors.append(connection.execute_sql("SELECT * FROM numbers"))
        cursors[0].fetchone()
        raise Cut

    with pytest.raises(Cut):
        Transactions(database).write(work)

    assert sql_backend.has_no_transaction()


def test_an_error_that_comes_while_rows_are_fetched_is_an_outage_too(database: SqlDatabase) -> None:
    def fetch(_: peewee.Database) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    with pytest.raises(DatabaseUnavailable, match="malformed"):
        Transactions(database).read(fetch)


def test_a_commit_survives_a_power_cut_and_no_wait_blocks_the_process(database: SqlDatabase) -> None:
    settings = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 0}

    with database.pool.connection_context():
        seen = {name: database.pool.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in settings}

    assert settings == seen


@contextmanager
def _lock_held_elsewhere(database: SqlDatabase) -> Iterator[None]:
    holder = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", holder, database.pool.database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.stdin.close()
