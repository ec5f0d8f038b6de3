"""Database servers: connections that end, servers that do not answer, locks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from adapters.sql.database import SqlDatabase, open_database
from adapters.sql.schema import migrate, pending
from adapters.sql.timeouts import SERVICE
from adapters.sql.transactions import Transactions
from domain.errors import ClaimConflict, DatabaseUnavailable
from tests.contract.support.builders import a_new_claim, a_quote_id, an_account
from tests.contract.support.database_fixtures import sql_ports
from tests.contract.support.sql_faults import busy_connections, fill_the_pool, idle_connections
from tests.contract.support.sql_server_backends import SqlServerBackend
from tests.support.waiting import at_most, eventually

pytestmark = pytest.mark.parametrize("sql_backend", ["postgresql", "mariadb"], indirect=True)


def hold_claims(connection: Any) -> None:
    """Delete all claims, in a transaction that stays open."""
    with connection.cursor() as cursor:
        for statement in ("BEGIN", "DELETE FROM quote", "DELETE FROM claim"):
            cursor.execute(statement)


def test_each_connection_has_the_time_outs_that_keep_a_lost_client_from_holding_a_row(
    sql_backend: SqlServerBackend, database: SqlDatabase
) -> None:
    sql = f"SELECT {', '.join(sql_backend.session)}"
    row = Transactions(database).read(lambda pool: pool.execute_sql(sql).fetchone())

    assert dict(zip(sql_backend.session, map(str, row), strict=True)) == sql_backend.session


@pytest.mark.parametrize("call", ["add", "with_account"])
def test_connections_that_the_server_has_ended_are_replaced_without_a_word(
    sql_backend: SqlServerBackend, database: SqlDatabase, call: str
) -> None:
    claims = sql_ports(database).claims
    fill_the_pool(database)

    sql_backend.end_connections()

    uses: dict[str, Callable[[], object]] = {
        "add": lambda: claims.add(a_new_claim()),
        "with_account": lambda: claims.with_account(a_quote_id()),
    }
    uses[call]()
    assert (idle_connections(database), busy_connections(database)) == (1, 0)


def test_a_connection_that_ends_within_a_transaction_is_replaced_and_the_transaction_repeated(
    sql_backend: SqlServerBackend, database: SqlDatabase
) -> None:
    tries = []

    def work(pool: Any) -> None:
        pool.execute_sql("DELETE FROM quote")
        tries.append(1)
        if len(tries) == 1:
            sql_backend.end_connections()
        pool.execute_sql("DELETE FROM claim")

    Transactions(database).write(work)

    assert len(tries) == 2


def test_a_server_that_ends_every_connection_is_tried_three_times(
    sql_backend: SqlServerBackend, database: SqlDatabase
) -> None:
    tries = []

    def work(pool: Any) -> None:
        tries.append(1)
        sql_backend.end_connections()
        pool.execute_sql("DELETE FROM claim")

    with pytest.raises(DatabaseUnavailable):
        Transactions(database).write(work)

    assert len(tries) == 3
    assert sql_backend.has_no_transaction()


def test_a_row_that_another_transaction_holds_is_waited_for(
    sql_backend: SqlServerBackend, database: SqlDatabase
) -> None:
    claims, new = sql_ports(database).claims, a_new_claim()
    claims.add(new)
    again = a_new_claim(an_account("bob@example.com"), quote_id=new.claim.quote_id)

    with sql_backend.open_connection() as other, ThreadPoolExecutor(1) as thread:
        hold_claims(other)
        waiting = thread.submit(claims.add, again)
        eventually(sql_backend.has_a_waiter)
        with other.cursor() as cursor:
            cursor.execute("ROLLBACK")
        with pytest.raises(ClaimConflict):
            waiting.result()


def test_a_row_that_stays_locked_is_given_up_after_the_time_for_locks(
    sql_backend: SqlServerBackend, database: SqlDatabase
) -> None:
    claims, new = sql_ports(database).claims, a_new_claim()
    claims.add(new)

    with sql_backend.open_connection() as other:
        hold_claims(other)
        with at_most(SERVICE.lock + 2), pytest.raises(DatabaseUnavailable):
            claims.add(a_new_claim(an_account("bob@example.com"), quote_id=new.claim.quote_id))

    assert sql_backend.rows() == (1, 1, 1)


def test_a_statement_that_takes_too_long_is_ended_by_the_server(sql_backend: SqlServerBackend) -> None:
    database = open_database(sql_backend.url, timeouts=replace(SERVICE, statement=0.2))

    with at_most(SERVICE.statement), pytest.raises(DatabaseUnavailable):
        Transactions(database).read(lambda pool: pool.execute_sql(sql_backend.long_statement))

    assert sql_backend.has_no_transaction()
    database.close()


def test_a_transaction_whose_client_is_gone_is_ended_by_the_server(
    sql_backend: SqlServerBackend, database: SqlDatabase
) -> None:
    claims, new = sql_ports(database).claims, a_new_claim()
    gone = open_database(sql_backend.url, timeouts=replace(SERVICE, idle_transaction=1))
    gone.pool.connect()
    gone.pool.begin()
    gone.pool.execute_sql("INSERT INTO account VALUES (%s, 'e', 'k', 'n', 'h', 1, 1)", [new.claim.account_id])

    with at_most(SERVICE.lock):
        claims.add(new)

    assert sql_backend.rows() == (1, 1, 1)
    gone.close()


@pytest.mark.parametrize(
    ("is_connected", "seconds"), [(True, 3.5), (False, 2)], ids=["in a statement", "while connecting"]
)
def test_a_server_that_hangs_is_given_up_and_used_again_when_it_is_back(
    sql_backend: SqlServerBackend, database: SqlDatabase, is_connected: bool, seconds: float
) -> None:
    claims = sql_ports(database).claims
    if is_connected:
        claims.with_account(a_quote_id())
    else:
        database.close()

    with sql_backend.hung(), at_most(seconds + 1.5), pytest.raises(DatabaseUnavailable):
        claims.add(a_new_claim())

    with at_most(5):
        claims.add(a_new_claim(an_account("bob@example.com")))
    assert (idle_connections(database), busy_connections(database)) == (1, 0)


def test_a_migration_whose_wait_for_another_is_ended_does_not_go_on_without_the_lock(
    sql_backend: SqlServerBackend,
) -> None:
    first, second = open_database(sql_backend.url), open_database(sql_backend.url)

    with first.dialect.migrating(first.pool), ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(migrate, second)
        eventually(sql_backend.cancel_wait_for_migration)
        with pytest.raises(DatabaseUnavailable):
            waiting.result()

    assert pending(second) == ["0001_initial", "0002_repairs", "0003_account_claims"]
    first.close()
    second.close()


def test_an_error_shows_no_value_of_a_row(sql_backend: SqlServerBackend, database: SqlDatabase) -> None:
    claims = sql_ports(database).claims
    claims.add(a_new_claim(an_account("ada@example.com")))

    with pytest.raises(ClaimConflict) as conflict:
        claims.add(a_new_claim(an_account("ada@example.com")))

    assert "ada" not in str(conflict.value)
