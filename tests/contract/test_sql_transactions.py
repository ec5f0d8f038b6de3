"""What becomes of a claim when the database fails in the midst of it."""

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
from playhouse.pool import MaxConnectionsExceeded

from adapters.sql.database import POOL_SIZE, SqlDatabase, open_database
from adapters.sql.transactions import Transactions
from domain.errors import ClaimConflict, CommitUnknown, DatabaseUnavailable, Overloaded, QuoteRefused
from domain.model import ClaimOwner, Draft, Revision, StoredDraft
from domain.ports import Claims
from tests.contract.builders import REVISION, a_new_claim, a_quote_id, an_account
from tests.contract.databases import sql_ports
from tests.contract.sql_faults import Faults, busy_connections, idle_connections, is_unlocked, locked, lost, rows, run
from tests.waiting import eventually

pytestmark = pytest.mark.leg("sqlite")

ROOT = Path(__file__).parent.parent.parent
NOTHING = (0, 0, 0)
ONE_OF_EACH = (1, 1, 1)
INSERTS = ['INSERT INTO "account"', 'INSERT INTO "claim"', 'INSERT INTO "quote"']


class Cut(BaseException):
    """As gevent.Timeout: no Exception, and it may come anywhere."""


@pytest.fixture
def database(sqlite_database: SqlDatabase) -> SqlDatabase:
    return sqlite_database


@pytest.fixture
def faults(database: SqlDatabase) -> Faults:
    return Faults(database)


@pytest.fixture
def claims(database: SqlDatabase) -> Claims:
    return sql_ports(database).claims


# The fate of a COMMIT


def test_a_commit_whose_answer_got_lost_is_found_to_be_ones_own_claim(
    database: SqlDatabase, faults: Faults, claims: Claims
) -> None:
    faults.lose_answer("COMMIT", lost)
    new = a_new_claim()

    with pytest.raises(ClaimConflict):
        claims.add(new)

    assert ClaimOwner(new.claim, new.account) == claims.owner(new.claim.quote_id)
    assert rows(database) == ONE_OF_EACH


def test_a_commit_that_never_arrived_is_done_again(database: SqlDatabase, faults: Faults, claims: Claims) -> None:
    faults.fail("COMMIT", lost)

    claims.add(a_new_claim())

    assert rows(database) == ONE_OF_EACH


def test_a_connection_on_which_a_commit_failed_is_not_used_again(
    database: SqlDatabase, faults: Faults, claims: Claims
) -> None:
    with database.pool.connection_context():
        suspect = database.pool.connection()
    faults.fail("COMMIT", lost)

    claims.add(a_new_claim())

    with database.pool.connection_context():
        assert suspect is not database.pool.connection()
    assert (idle_connections(database), busy_connections(database)) == (1, 0)


@pytest.mark.parametrize(("applied", "left"), [(True, ONE_OF_EACH), (False, NOTHING)], ids=["applied", "dropped"])
def test_a_database_that_is_gone_after_commit_was_sent_leaves_its_fate_unknown(
    database: SqlDatabase, faults: Faults, claims: Claims, applied: bool, left: tuple[int, int, int]
) -> None:
    claims.owner(a_quote_id())
    (faults.lose_answer if applied else faults.fail)("COMMIT", lost)
    faults.watch = lambda name: name == "COMMIT" and faults.fail("CONNECT", lost, times=99)

    with pytest.raises(CommitUnknown):
        claims.add(a_new_claim())

    assert faults.count("CONNECT") == 3  # for the read, for the claim, and to find out
    assert left == rows(database)


def test_a_commit_that_fails_each_time_stays_unknown_after_three(
    database: SqlDatabase, faults: Faults, claims: Claims
) -> None:
    faults.fail("COMMIT", lost, times=99)

    with pytest.raises(CommitUnknown):
        claims.add(a_new_claim())

    assert faults.count("COMMIT") == 3
    assert rows(database) == NOTHING
    assert is_unlocked(database)


def test_a_lock_that_stays_after_a_commit_was_sent_leaves_its_fate_unknown(
    database: SqlDatabase, faults: Faults
) -> None:
    claims = sql_ports(database, lock_wait=0.1).claims
    faults.lose_answer("COMMIT", lost)
    faults.watch = lambda name: name == "COMMIT" and faults.fail("BEGIN", locked, times=9_999)

    with pytest.raises(CommitUnknown):
        claims.add(a_new_claim())


def test_a_full_pool_after_a_commit_was_sent_leaves_its_fate_unknown(database: SqlDatabase, faults: Faults) -> None:
    claims = sql_ports(database).claims
    faults.lose_answer("COMMIT", lost)
    faults.watch = lambda name: name == "COMMIT" and faults.fail("CONNECT", MaxConnectionsExceeded, times=99)

    with pytest.raises(CommitUnknown):
        claims.add(a_new_claim())


# Errors before COMMIT


@pytest.mark.parametrize("statement", INSERTS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_statement_that_fails_for_the_moment_is_repeated_with_all_of_its_transaction(
    database: SqlDatabase, faults: Faults, claims: Claims, statement: str, times: int
) -> None:
    faults.fail(statement, locked, times)

    claims.add(a_new_claim())

    assert rows(database) == ONE_OF_EACH
    assert faults.count("BEGIN") == times + 1


@pytest.mark.parametrize("statement", INSERTS)
def test_a_statement_that_keeps_failing_is_repeated_twice_and_leaves_nothing(
    database: SqlDatabase, faults: Faults, claims: Claims, statement: str
) -> None:
    faults.fail(statement, locked, times=99)

    with pytest.raises(DatabaseUnavailable) as caught:
        claims.add(a_new_claim())

    assert caught.type is DatabaseUnavailable
    assert isinstance(caught.value.__cause__, peewee.OperationalError)
    assert faults.count(statement) == 3
    assert rows(database) == NOTHING
    assert is_unlocked(database)


@pytest.mark.parametrize("step", ["CONNECT", "BEGIN", *INSERTS])
def test_a_database_that_is_gone_before_commit_certainly_has_nothing(
    database: SqlDatabase, faults: Faults, claims: Claims, step: str
) -> None:
    faults.fail(step, lost)

    with pytest.raises(DatabaseUnavailable) as caught:
        claims.add(a_new_claim())

    assert caught.type is DatabaseUnavailable
    assert rows(database) == NOTHING
    assert (idle_connections(database), busy_connections(database)) == (0, 0)


@pytest.mark.parametrize("step", ["CONNECT", "SELECT"])
def test_a_read_waits_for_a_lock(faults: Faults, claims: Claims, step: str) -> None:
    new = a_new_claim()
    claims.add(new)
    faults.fail(step, locked, times=10)

    assert ClaimOwner(new.claim, new.account) == claims.owner(new.claim.quote_id)


# The lock of another process


def test_a_claim_waits_for_another_process_that_holds_the_lock_for_two_seconds(
    database: SqlDatabase, faults: Faults, claims: Claims
) -> None:
    began = time.monotonic()
    waited = threading.Event()
    faults.watch = lambda name: time.monotonic() - began > 2 and waited.set()

    with ThreadPoolExecutor(1) as thread, _lock_held_elsewhere(database):
        claim = thread.submit(claims.add, a_new_claim())
        assert waited.wait(10)
        assert not claim.done()
    claim.result()

    assert rows(database) == ONE_OF_EACH


def test_a_claim_does_not_wait_for_a_lock_beyond_its_limit(database: SqlDatabase) -> None:
    claims = sql_ports(database, lock_wait=0.3).claims

    with _lock_held_elsewhere(database):
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match="locked"):
            claims.add(a_new_claim())

        assert 0.3 <= time.monotonic() - began < 2


def test_a_claim_that_waits_for_a_lock_leaves_its_gevent_worker_to_others(database: SqlDatabase) -> None:
    script = (
        "import gevent.monkey; gevent.monkey.patch_all()\n"
        "import sys, sqlite3, gevent\n"
        "from adapters.sql.database import open_database\n"
        "from tests.contract.builders import a_new_claim\n"
        "from tests.contract.databases import sql_ports\n"
        "holder = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "holder.execute('BEGIN IMMEDIATE')\n"
        "claims = sql_ports(open_database(f'sqlite:///{sys.argv[1]}')).claims\n"
        "claim = gevent.spawn(claims.add, a_new_claim())\n"
        "for _ in range(50):\n"
        "    gevent.sleep(0.001)\n"
        "    assert not claim.dead\n"
        "holder.execute('COMMIT')\n"
        "claim.get(timeout=3)\n"
    )

    subprocess.run([sys.executable, "-c", script, database.pool.database], cwd=ROOT, check=True, timeout=30)

    assert rows(database) == ONE_OF_EACH


def test_reads_find_a_connection_while_more_claims_than_connections_wait_for_a_lock(database: SqlDatabase) -> None:
    claims, many = sql_ports(database).claims, POOL_SIZE + 10
    with ThreadPoolExecutor(many) as threads:
        with _lock_held_elsewhere(database):
            waiting = [threads.submit(claims.add, a_new_claim(an_account(f"{n}@example.com"))) for n in range(many)]
            eventually(lambda: busy_connections(database) == POOL_SIZE // 2)
            began = time.monotonic()
            assert claims.owner(a_quote_id()) is None
            assert time.monotonic() - began < 1
            assert not any(claim.done() for claim in waiting)
        for claim in waiting:
            claim.result()
    assert rows(database) == (many, many, many)


def test_a_claim_whose_turn_does_not_come_is_an_overload(database: SqlDatabase) -> None:
    for _ in range(POOL_SIZE // 2):
        assert database.writers.acquire(timeout=0)
    with pytest.raises(Overloaded):
        sql_ports(database, lock_wait=0.05).claims.add(a_new_claim())
    database.writers.release()
    sql_ports(database, lock_wait=0.05).claims.add(a_new_claim())


def test_what_is_committed_can_be_read_while_another_process_writes(database: SqlDatabase, claims: Claims) -> None:
    new = a_new_claim()
    claims.add(new)

    with _lock_held_elsewhere(database):
        assert new.quote == claims.quote(new.claim.quote_id)


# Connections


@pytest.mark.parametrize("step", ["BEGIN", *INSERTS, "COMMIT"])
@pytest.mark.parametrize("error", [Cut, RuntimeError])
def test_whatever_interrupts_a_transaction_closes_its_connection(
    database: SqlDatabase, faults: Faults, claims: Claims, step: str, error: type[BaseException]
) -> None:
    faults.lose_answer(step, error)

    with pytest.raises(error):
        claims.add(a_new_claim())

    assert (idle_connections(database), busy_connections(database)) == (0, 0)
    assert is_unlocked(database)


def test_an_interrupted_transaction_frees_its_lock_also_with_rows_still_to_be_read(database: SqlDatabase) -> None:
    cursors = []

    def work(connection: peewee.Database) -> None:
        connection.execute_sql("CREATE TABLE numbers AS SELECT 1 UNION SELECT 2 UNION SELECT 3")
        cursors.append(connection.execute_sql("SELECT * FROM numbers"))
        cursors[0].fetchone()
        raise Cut

    with pytest.raises(Cut):
        Transactions(database).write(work)

    assert is_unlocked(database)


def test_a_conflict_leaves_its_connection_for_the_next(database: SqlDatabase, claims: Claims) -> None:
    new = a_new_claim()
    claims.add(new)
    with database.pool.connection_context():
        before = database.pool.connection()

    with pytest.raises(ClaimConflict):
        claims.add(new)

    assert is_unlocked(database)
    with database.pool.connection_context():
        assert before is database.pool.connection()


def test_an_error_that_comes_while_rows_are_fetched_is_an_outage_too(database: SqlDatabase) -> None:
    def fetch(_: peewee.Database) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    with pytest.raises(DatabaseUnavailable, match="malformed"):
        Transactions(database).read(fetch)


def test_a_statement_outside_of_a_transaction_opens_no_connection(database: SqlDatabase) -> None:
    with pytest.raises(peewee.InterfaceError):
        database.pool.execute_sql("SELECT 1")


def test_a_full_pool_is_an_overload_after_a_bounded_wait(database: SqlDatabase) -> None:
    small = open_database(f"sqlite:///{database.pool.database}", pool_size=1, pool_wait=0.05)
    held, free = threading.Event(), threading.Event()

    def hold(_: peewee.Database) -> None:
        held.set()
        free.wait(10)

    with ThreadPoolExecutor(1) as thread:
        holding = thread.submit(Transactions(small).read, hold)
        assert held.wait(10)
        with pytest.raises(Overloaded):
            sql_ports(small).claims.add(a_new_claim())
        free.set()
        holding.result()
    sql_ports(small).claims.add(a_new_claim())
    small.close()


def test_a_claim_takes_five_statements(database: SqlDatabase, claims: Claims) -> None:
    statements: list[str] = []
    with database.pool.connection_context():
        database.pool.connection().set_trace_callback(statements.append)

    claims.add(a_new_claim())

    assert len(statements) == 5
    assert (statements[0], statements[-1]) == ("BEGIN IMMEDIATE", "COMMIT")


def test_a_commit_survives_a_power_cut_and_no_wait_blocks_the_process(database: SqlDatabase) -> None:
    settings = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 0}

    with database.pool.connection_context():
        seen = {name: database.pool.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in settings}

    assert settings == seen


# A quote that the database will not take


def test_a_quote_that_the_database_refuses_leaves_nothing(database: SqlDatabase, claims: Claims) -> None:
    run(database, "CREATE TRIGGER refuse BEFORE INSERT ON quote BEGIN SELECT RAISE(ABORT, 'too deep'); END")

    with pytest.raises(QuoteRefused, match="too deep"):
        claims.add(a_new_claim())

    assert rows(database) == NOTHING
    assert is_unlocked(database)


def test_a_newer_draft_that_the_database_refuses_changes_nothing(database: SqlDatabase, claims: Claims) -> None:
    new = a_new_claim()
    claims.add(new)
    run(database, "CREATE TRIGGER refuse BEFORE UPDATE ON quote BEGIN SELECT RAISE(ABORT, 'too deep'); END")

    with pytest.raises(QuoteRefused):
        claims.take_newer(new.claim.quote_id, StoredDraft(Revision(REVISION + 1), b""), Draft("motor", {}))

    assert ClaimOwner(new.claim, new.account) == claims.owner(new.claim.quote_id)
    assert new.quote == claims.quote(new.claim.quote_id)


@pytest.mark.parametrize("value", ["\ud800", 2**64], ids=["lone surrogate", "beyond 64 bits"])
def test_details_that_cannot_be_written_down_are_refused(
    database: SqlDatabase, claims: Claims, value: str | int
) -> None:
    with pytest.raises(QuoteRefused):
        claims.add(a_new_claim(details={"value": value}))

    assert rows(database) == NOTHING


def test_a_refusal_of_the_account_or_the_claim_is_no_refusal_of_the_quote(
    database: SqlDatabase, claims: Claims
) -> None:
    run(database, "CREATE TRIGGER refuse BEFORE INSERT ON claim BEGIN SELECT RAISE(ABORT, 'no'); END")

    with pytest.raises(ClaimConflict):
        claims.add(a_new_claim(an_account()))

    assert rows(database) == NOTHING


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
