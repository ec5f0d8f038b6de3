"""Claims while the database fails."""

from __future__ import annotations

import peewee
import pytest
from playhouse.pool import MaxConnectionsExceeded

from adapters.sql.database import POOL_SIZE, SqlDatabase
from domain.claims import ClaimWithAccount
from domain.errors import ClaimConflict, CommitUnknown, DatabaseUnavailable, Overloaded
from domain.ports import Claims
from tests.contract.support.builders import a_new_claim, a_quote_id
from tests.contract.support.database_fixtures import sql_ports
from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_faults import INSERTS, Faults, busy_connections, idle_connections

NOTHING = (0, 0, 0)
ONE_OF_EACH = (1, 1, 1)


# The fate of a COMMIT


def test_a_commit_that_lost_its_reply_is_found_as_the_callers_own_claim(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, database_claims: Claims
) -> None:
    faults.lose_answer("COMMIT", sql_backend.outage)
    new = a_new_claim()

    with pytest.raises(ClaimConflict):
        database_claims.add(new)

    assert ClaimWithAccount(new.claim, new.account) == database_claims.with_account(new.claim.quote_id)
    assert sql_backend.rows() == ONE_OF_EACH


def test_a_commit_that_never_arrived_is_done_again(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, database_claims: Claims
) -> None:
    faults.fail("COMMIT", sql_backend.outage)

    database_claims.add(a_new_claim())

    assert sql_backend.rows() == ONE_OF_EACH


def test_a_connection_on_which_a_commit_failed_is_not_used_again(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, database_claims: Claims
) -> None:
    with database.pool.connection_context():
        suspect = database.pool.connection()
    faults.fail("COMMIT", sql_backend.outage)

    database_claims.add(a_new_claim())

    with database.pool.connection_context():
        assert suspect is not database.pool.connection()
    assert (idle_connections(database), busy_connections(database)) == (1, 0)


@pytest.mark.parametrize(("applied", "left"), [(True, ONE_OF_EACH), (False, NOTHING)], ids=["applied", "dropped"])
def test_a_database_that_is_gone_after_commit_was_sent_leaves_its_fate_unknown(
    sql_backend: SqlBackend,
    database: SqlDatabase,
    faults: Faults,
    database_claims: Claims,
    applied: bool,
    left: tuple[int, int, int],
) -> None:
    database_claims.with_account(a_quote_id())
    (faults.lose_answer if applied else faults.fail)("COMMIT", sql_backend.outage)
    faults.at_each("COMMIT", lambda: faults.fail("CONNECT", sql_backend.outage, times=99))

    with pytest.raises(CommitUnknown):
        database_claims.add(a_new_claim())

    assert faults.count("CONNECT") == 3  # for the read, for the claim, and to learn the fate of the COMMIT
    assert left == sql_backend.rows()


def test_a_commit_that_fails_each_time_stays_unknown_after_three(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, database_claims: Claims
) -> None:
    faults.fail("COMMIT", sql_backend.outage, times=99)

    with pytest.raises(CommitUnknown):
        database_claims.add(a_new_claim())

    assert faults.count("COMMIT") == 3
    assert sql_backend.rows() == NOTHING
    assert sql_backend.has_no_transaction()


def test_a_full_pool_after_a_commit_was_sent_leaves_its_fate_unknown(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults
) -> None:
    claims = sql_ports(database).claims
    faults.lose_answer("COMMIT", sql_backend.outage)
    faults.at_each("COMMIT", lambda: faults.fail("CONNECT", MaxConnectionsExceeded, times=99))

    with pytest.raises(CommitUnknown):
        claims.add(a_new_claim())


# Errors before COMMIT


@pytest.mark.parametrize("statement", INSERTS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_statement_that_fails_for_the_moment_is_repeated_with_all_of_its_transaction(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, database_claims: Claims, statement: str, times: int
) -> None:
    faults.fail(statement, sql_backend.passing_fault, times)

    database_claims.add(a_new_claim())

    assert sql_backend.rows() == ONE_OF_EACH
    assert faults.count("BEGIN") == times + 1


@pytest.mark.parametrize("statement", INSERTS)
def test_a_statement_that_keeps_failing_is_repeated_twice_and_leaves_nothing(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, database_claims: Claims, statement: str
) -> None:
    faults.fail(statement, sql_backend.passing_fault, times=99)

    with pytest.raises(DatabaseUnavailable) as caught:
        database_claims.add(a_new_claim())

    assert caught.type is DatabaseUnavailable
    assert isinstance(caught.value.__cause__, peewee.OperationalError)
    assert faults.count(statement) == 3
    assert sql_backend.rows() == NOTHING
    assert sql_backend.has_no_transaction()


@pytest.mark.parametrize("step", ["CONNECT", "BEGIN", *INSERTS])
def test_a_database_that_is_gone_before_commit_certainly_has_nothing(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, database_claims: Claims, step: str
) -> None:
    faults.fail(step, sql_backend.outage)

    with pytest.raises(DatabaseUnavailable) as caught:
        database_claims.add(a_new_claim())

    assert caught.type is DatabaseUnavailable
    assert sql_backend.rows() == NOTHING
    assert (idle_connections(database), busy_connections(database)) == (0, 0)


def test_a_claim_that_gets_no_slot_is_an_overload(database: SqlDatabase) -> None:
    for _ in range(POOL_SIZE // 2):
        assert database.writers.acquire(timeout=0)
    with pytest.raises(Overloaded):
        sql_ports(database, lock_wait_s=0.05).claims.add(a_new_claim())
    database.writers.release()
    sql_ports(database, lock_wait_s=0.05).claims.add(a_new_claim())
