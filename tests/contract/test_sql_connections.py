"""The fate of a connection, and of its place in the pool, after an error."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import peewee
import pytest

from adapters.sql.database import SqlDatabase, open_database
from adapters.sql.models import AccountRow
from adapters.sql.transactions import Transactions
from domain.errors import ClaimConflict, Overloaded
from domain.ports import Claims
from tests.contract.support.builders import a_new_claim, a_quote_id
from tests.contract.support.database_fixtures import sql_ports
from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_faults import INSERTS, Cut, Faults, busy_connections, idle_connections


@pytest.mark.parametrize("step", ["BEGIN", *INSERTS, "COMMIT"])
@pytest.mark.parametrize("error", [Cut, RuntimeError])
def test_any_interruption_of_a_transaction_closes_its_connection(
    sql_backend: SqlBackend,
    database: SqlDatabase,
    faults: Faults,
    database_claims: Claims,
    step: str,
    error: type[BaseException],
) -> None:
    faults.lose_answer(step, error)

    with pytest.raises(error):
        database_claims.add(a_new_claim())

    assert (idle_connections(database), busy_connections(database)) == (0, 0)
    assert sql_backend.has_no_transaction()


def test_a_conflict_leaves_its_connection_for_the_next(
    sql_backend: SqlBackend, database: SqlDatabase, database_claims: Claims
) -> None:
    new = a_new_claim()
    database_claims.add(new)
    with database.pool.connection_context():
        before = database.pool.connection()

    with pytest.raises(ClaimConflict):
        database_claims.add(new)

    assert sql_backend.has_no_transaction()
    with database.pool.connection_context():
        assert before is database.pool.connection()


@pytest.mark.parametrize("step", ["close", "_close"])
def test_a_deadline_that_strikes_while_a_connection_is_given_back_costs_no_place_in_the_pool(
    database: SqlDatabase, database_claims: Claims, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    step_itself, strikes = getattr(database.pool, step), iter([Cut()])

    def struck(*args: object, **options: object) -> object:
        for strike in strikes:
            raise strike
        return step_itself(*args, **options)

    monkeypatch.setattr(database.pool, step, struck)
    with pytest.raises(Cut):
        database_claims.with_account(a_quote_id())

    assert (idle_connections(database), busy_connections(database)) == (0, 0)


def test_a_statement_outside_of_a_transaction_opens_no_connection(database: SqlDatabase) -> None:
    with pytest.raises(peewee.InterfaceError):
        database.pool.execute_sql("SELECT 1")


def test_a_full_pool_is_an_overload_after_a_bounded_wait(sql_backend: SqlBackend, database: SqlDatabase) -> None:
    small = open_database(sql_backend.url, pool_size=1, pool_wait_s=0.05)
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


def test_a_claim_takes_five_statements(faults: Faults, database_claims: Claims) -> None:
    database_claims.add(a_new_claim())

    assert faults.seen == ["CONNECT", "BEGIN", *faults.seen[2:5], "COMMIT"]
    assert [seen.partition(" (")[0] for seen in faults.seen[2:5]] == INSERTS


def test_an_update_counts_the_rows_that_it_met_and_not_only_those_that_it_changed(
    database: SqlDatabase, database_claims: Claims
) -> None:
    database_claims.add(a_new_claim())

    update = AccountRow.update({AccountRow.credentials_version: AccountRow.credentials_version})

    assert Transactions(database).write(update.execute) == 1
