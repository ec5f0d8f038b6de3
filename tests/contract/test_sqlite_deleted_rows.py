"""Bytes of deleted rows in the files of an SQLite database."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from adapters.sql.database import SqlDatabase
from domain.claims import NewClaim
from tests.contract.support.builders import NOW, a_claim_to_repair, a_new_claim, an_account
from tests.contract.support.database_fixtures import ON_SQLITE, Ports
from tests.contract.support.sql_backends import SqliteBackend
from tests.support.stored_bytes import files_of, found

pytestmark = ON_SQLITE

EMAIL, DETAIL, PAYLOAD = "zdenka@quittenbaum.example", "Rhabarberkuchen", "Dampfnudel"
TRACES = {EMAIL, DETAIL, PAYLOAD}


@pytest.fixture
def customer(database_ports: Ports) -> NewClaim:
    """A customer among others: rows of several customers share pages, and longer values have pages of their own."""
    zdenka = an_account(EMAIL)
    new = a_new_claim(zdenka, details={"long": [DETAIL] * 1000})
    for claim in (a_new_claim(an_account("bob@example.com")), new):
        database_ports.claims.add(claim)
    payload = PAYLOAD.encode() * 1000
    database_ports.claims.add(NewClaim(None, a_claim_to_repair(zdenka, payload=payload).claim, None))
    return new


def erase(ports: Ports, customer: NewClaim) -> None:
    assert customer.account
    assert ports.accounts.erase(customer.account.account_id, NOW)


def test_an_erased_account_is_gone_from_the_files_when_the_database_is_closed(
    sql_backend: SqliteBackend, database: SqlDatabase, database_ports: Ports, customer: NewClaim
) -> None:
    assert found(TRACES, files_of(sql_backend)) == TRACES
    erase(database_ports, customer)
    database.close()
    assert found(TRACES, files_of(sql_backend)) == set()
    assert found(["bob@example.com"], files_of(sql_backend)) == {"bob@example.com"}


def test_it_is_gone_while_the_service_runs_once_the_log_was_moved_into_the_file_and_begins_anew(
    sql_backend: SqliteBackend, database: SqlDatabase, database_ports: Ports, customer: NewClaim
) -> None:
    erase(database_ports, customer)
    with database.pool.connection_context():
        # SQLite does this by itself every 1,000 pages; readers and writers go on meanwhile.
        busy, in_log, moved = database.pool.execute_sql("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    assert (busy, in_log) == (0, moved)
    database_ports.claims.add(a_new_claim(an_account("eve@example.com")))
    assert found(TRACES, files_of(sql_backend)) == set()
    assert found(["eve@example.com"], files_of(sql_backend)) == {"eve@example.com"}


def test_the_deletion_does_not_depend_on_how_sqlite_was_built(
    sql_backend: SqliteBackend, database: SqlDatabase, database_ports: Ports, customer: NewClaim
) -> None:
    with database.pool.connection_context():
        assert database.pool.execute_sql("PRAGMA secure_delete").fetchone() == (1,)
        assert database.pool.execute_sql("PRAGMA journal_size_limit").fetchone() == (0,)
    database.close()
    with closing(sqlite3.connect(sql_backend.path)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        for table in ("quote", "claim", "account"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant
        connection.commit()
    assert found(TRACES, files_of(sql_backend)) & {DETAIL, PAYLOAD}, "a build without it would show nothing"
