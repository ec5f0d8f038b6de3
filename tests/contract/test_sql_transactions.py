"""What becomes of a claim when the database fails in the midst of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import peewee
import pytest
from playhouse.pool import MaxConnectionsExceeded

from adapters.sql.database import POOL_SIZE, SqlDatabase, open_database
from adapters.sql.models import AccountRow
from adapters.sql.transactions import Transactions
from domain.errors import ClaimConflict, CommitUnknown, DatabaseUnavailable, Overloaded, QuoteRefused
from domain.model import ClaimOwner, Draft, Revision, StoredDraft
from domain.ports import Claims
from tests.contract.builders import REVISION, a_new_claim, a_quote_id, an_account
from tests.contract.databases import sql_ports
from tests.contract.sql_faults import Faults, busy_connections, idle_connections
from tests.contract.sql_legs import SqlLeg

NOTHING = (0, 0, 0)
ONE_OF_EACH = (1, 1, 1)
INSERTS = ["INSERT INTO account", "INSERT INTO claim", "INSERT INTO quote"]


class Cut(BaseException):
    """As gevent.Timeout: no Exception, and it may come anywhere."""


@pytest.fixture
def faults(database: SqlDatabase) -> Faults:
    return Faults(database)


@pytest.fixture
def claims(database: SqlDatabase) -> Claims:
    return sql_ports(database).claims


# The fate of a COMMIT


def test_a_commit_whose_answer_got_lost_is_found_to_be_ones_own_claim(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults, claims: Claims
) -> None:
    faults.lose_answer("COMMIT", sql_leg.outage)
    new = a_new_claim()

    with pytest.raises(ClaimConflict):
        claims.add(new)

    assert ClaimOwner(new.claim, new.account) == claims.owner(new.claim.quote_id)
    assert sql_leg.rows() == ONE_OF_EACH


def test_a_commit_that_never_arrived_is_done_again(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults, claims: Claims
) -> None:
    faults.fail("COMMIT", sql_leg.outage)

    claims.add(a_new_claim())

    assert sql_leg.rows() == ONE_OF_EACH


def test_a_connection_on_which_a_commit_failed_is_not_used_again(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults, claims: Claims
) -> None:
    with database.pool.connection_context():
        suspect = database.pool.connection()
    faults.fail("COMMIT", sql_leg.outage)

    claims.add(a_new_claim())

    with database.pool.connection_context():
        assert suspect is not database.pool.connection()
    assert (idle_connections(database), busy_connections(database)) == (1, 0)


@pytest.mark.parametrize(("applied", "left"), [(True, ONE_OF_EACH), (False, NOTHING)], ids=["applied", "dropped"])
def test_a_database_that_is_gone_after_commit_was_sent_leaves_its_fate_unknown(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults, claims: Claims, applied: bool, left: tuple[int, int, int]
) -> None:
    claims.owner(a_quote_id())
    (faults.lose_answer if applied else faults.fail)("COMMIT", sql_leg.outage)
    faults.watch = lambda name: name == "COMMIT" and faults.fail("CONNECT", sql_leg.outage, times=99)

    with pytest.raises(CommitUnknown):
        claims.add(a_new_claim())

    assert faults.count("CONNECT") == 3  # for the read, for the claim, and to find out
    assert left == sql_leg.rows()


def test_a_commit_that_fails_each_time_stays_unknown_after_three(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults, claims: Claims
) -> None:
    faults.fail("COMMIT", sql_leg.outage, times=99)

    with pytest.raises(CommitUnknown):
        claims.add(a_new_claim())

    assert faults.count("COMMIT") == 3
    assert sql_leg.rows() == NOTHING
    assert sql_leg.has_no_transaction()


def test_a_full_pool_after_a_commit_was_sent_leaves_its_fate_unknown(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults
) -> None:
    claims = sql_ports(database).claims
    faults.lose_answer("COMMIT", sql_leg.outage)
    faults.watch = lambda name: name == "COMMIT" and faults.fail("CONNECT", MaxConnectionsExceeded, times=99)

    with pytest.raises(CommitUnknown):
        claims.add(a_new_claim())


# Errors before COMMIT


@pytest.mark.parametrize("statement", INSERTS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_statement_that_fails_for_the_moment_is_repeated_with_all_of_its_transaction(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults, claims: Claims, statement: str, times: int
) -> None:
    faults.fail(statement, sql_leg.passing_fault, times)

    claims.add(a_new_claim())

    assert sql_leg.rows() == ONE_OF_EACH
    assert faults.count("BEGIN") == times + 1


@pytest.mark.parametrize("statement", INSERTS)
def test_a_statement_that_keeps_failing_is_repeated_twice_and_leaves_nothing(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults, claims: Claims, statement: str
) -> None:
    faults.fail(statement, sql_leg.passing_fault, times=99)

    with pytest.raises(DatabaseUnavailable) as caught:
        claims.add(a_new_claim())

    assert caught.type is DatabaseUnavailable
    assert isinstance(caught.value.__cause__, peewee.OperationalError)
    assert faults.count(statement) == 3
    assert sql_leg.rows() == NOTHING
    assert sql_leg.has_no_transaction()


@pytest.mark.parametrize("step", ["CONNECT", "BEGIN", *INSERTS])
def test_a_database_that_is_gone_before_commit_certainly_has_nothing(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults, claims: Claims, step: str
) -> None:
    faults.fail(step, sql_leg.outage)

    with pytest.raises(DatabaseUnavailable) as caught:
        claims.add(a_new_claim())

    assert caught.type is DatabaseUnavailable
    assert sql_leg.rows() == NOTHING
    assert (idle_connections(database), busy_connections(database)) == (0, 0)


def test_a_claim_whose_turn_does_not_come_is_an_overload(database: SqlDatabase) -> None:
    for _ in range(POOL_SIZE // 2):
        assert database.writers.acquire(timeout=0)
    with pytest.raises(Overloaded):
        sql_ports(database, lock_wait=0.05).claims.add(a_new_claim())
    database.writers.release()
    sql_ports(database, lock_wait=0.05).claims.add(a_new_claim())


# Connections


@pytest.mark.parametrize("step", ["BEGIN", *INSERTS, "COMMIT"])
@pytest.mark.parametrize("error", [Cut, RuntimeError])
def test_whatever_interrupts_a_transaction_closes_its_connection(
    sql_leg: SqlLeg, database: SqlDatabase, faults: Faults, claims: Claims, step: str, error: type[BaseException]
) -> None:
    faults.lose_answer(step, error)

    with pytest.raises(error):
        claims.add(a_new_claim())

    assert (idle_connections(database), busy_connections(database)) == (0, 0)
    assert sql_leg.has_no_transaction()


def test_a_conflict_leaves_its_connection_for_the_next(sql_leg: SqlLeg, database: SqlDatabase, claims: Claims) -> None:
    new = a_new_claim()
    claims.add(new)
    with database.pool.connection_context():
        before = database.pool.connection()

    with pytest.raises(ClaimConflict):
        claims.add(new)

    assert sql_leg.has_no_transaction()
    with database.pool.connection_context():
        assert before is database.pool.connection()


@pytest.mark.parametrize("step", ["close", "_close"])
def test_a_deadline_that_strikes_while_a_connection_is_given_back_costs_no_place_in_the_pool(
    database: SqlDatabase, claims: Claims, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    step_itself, strikes = getattr(database.pool, step), iter([Cut()])

    def struck(*args: object, **options: object) -> object:
        for strike in strikes:
            raise strike
        return step_itself(*args, **options)

    monkeypatch.setattr(database.pool, step, struck)
    with pytest.raises(Cut):
        claims.owner(a_quote_id())

    assert (idle_connections(database), busy_connections(database)) == (0, 0)


def test_a_statement_outside_of_a_transaction_opens_no_connection(database: SqlDatabase) -> None:
    with pytest.raises(peewee.InterfaceError):
        database.pool.execute_sql("SELECT 1")


def test_a_full_pool_is_an_overload_after_a_bounded_wait(sql_leg: SqlLeg, database: SqlDatabase) -> None:
    small = open_database(sql_leg.url, pool_size=1, pool_wait=0.05)
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


def test_a_claim_takes_five_statements(faults: Faults, claims: Claims) -> None:
    claims.add(a_new_claim())

    assert faults.seen == ["CONNECT", "BEGIN", *faults.seen[2:5], "COMMIT"]
    assert [seen.partition(" (")[0] for seen in faults.seen[2:5]] == INSERTS


def test_an_update_counts_the_rows_that_it_met_and_not_only_those_that_it_changed(
    database: SqlDatabase, claims: Claims
) -> None:
    claims.add(a_new_claim())

    update = AccountRow.update({AccountRow.credentials_version: AccountRow.credentials_version})

    assert Transactions(database).write(update.execute) == 1


# A quote that the database will not take


def test_a_quote_that_the_database_refuses_leaves_nothing(
    sql_leg: SqlLeg, database: SqlDatabase, claims: Claims
) -> None:
    sql_leg.refuse("INSERT", "quote")

    with pytest.raises(QuoteRefused) as refusal:
        claims.add(a_new_claim(details={"name": "Ada Lovelace"}))

    assert "Ada" not in str(refusal.value)

    assert sql_leg.rows() == NOTHING
    assert sql_leg.has_no_transaction()


def test_a_newer_draft_that_the_database_refuses_changes_nothing(sql_leg: SqlLeg, claims: Claims) -> None:
    new = a_new_claim()
    claims.add(new)
    sql_leg.refuse("UPDATE", "quote")

    with pytest.raises(QuoteRefused):
        claims.take_newer(new.claim.quote_id, StoredDraft(Revision(REVISION + 1), b""), Draft("motor", {}))

    assert ClaimOwner(new.claim, new.account) == claims.owner(new.claim.quote_id)
    assert new.quote == claims.quote(new.claim.quote_id)


@pytest.mark.parametrize("value", ["\ud800", 2**64], ids=["lone surrogate", "beyond 64 bits"])
def test_details_that_cannot_be_written_down_are_refused(
    sql_leg: SqlLeg, database: SqlDatabase, claims: Claims, value: str | int
) -> None:
    with pytest.raises(QuoteRefused):
        claims.add(a_new_claim(details={"value": value}))

    assert sql_leg.rows() == NOTHING


def test_a_refusal_of_the_account_or_the_claim_is_no_refusal_of_the_quote(
    sql_leg: SqlLeg, database: SqlDatabase, claims: Claims
) -> None:
    sql_leg.refuse("INSERT", "claim")

    with pytest.raises((ClaimConflict, DatabaseUnavailable)):
        claims.add(a_new_claim(an_account()))

    assert sql_leg.rows() == NOTHING
