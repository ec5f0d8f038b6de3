"""A database after some time: most claims are done and cleaned up, few are still due or dead."""

from __future__ import annotations

from typing import Any

from peewee import MySQLDatabase

from adapters.sql.database import SqlDatabase
from domain.model import milliseconds
from tests.contract.support.builders import NOW, a_new_claim
from tests.contract.support.database_fixtures import sql_ports

FEW = 10
"""The number of due claims, and of dead ones, however many claims there are."""
_STEP = 1000
_WEEK = 7 * 24 * 3600 * 1000
_NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
_CLAIMS = """
    INSERT INTO claim (quote_id, key_id, account_id, state, cause, source_revision, cleanup, attempts, next_at,
        created_at, updated_at)
    {numbers}
    SELECT {quote_id}, 'k1', '{account_id}',
        CASE n % {share} WHEN 1 THEN 'dead' WHEN 2 THEN 'retry' ELSE 'done' END,
        CASE n % {share} WHEN 1 THEN 'expired' END, {now}, 'verified', 0,
        CASE WHEN n % {share} = 2 THEN {now} - n WHEN n % 20 = 5 THEN {now} + {week} + n END,
        {now} - n, {now}
    FROM numbers
"""
_QUOTES = """
    INSERT INTO quote (quote_id, account_id, product, details, source_revision, created_at, claimed_at)
    {numbers}
    SELECT {quote_id}, '{account_id}', 'motor', '[]', {now}, {now}, {now} FROM numbers WHERE n % {share} > 2
"""


def fill(database: SqlDatabase, count: int) -> None:
    """Add so many claims with their quotes; a twentieth of them is due next week."""
    new = a_new_claim()
    assert new.account
    sql_ports(database).claims.add(new)
    written = "CONCAT('{0}', {1})" if isinstance(database.pool, MySQLDatabase) else "'{0}' || ({1})"
    values = {
        "quote_id": written.format("qt_" + "0" * 17, "100000000 + n"),
        "account_id": new.account.account_id,
        "share": count // FEW,
        "now": milliseconds(NOW),
        "week": _WEEK,
    }
    pool: Any = database.pool
    with pool.connection_context():
        for first in range(0, count, _STEP):
            numbers = _NUMBERS.format(first=first, last=first + _STEP - 1)
            for statement in (_CLAIMS, _QUOTES):
                # Not through peewee, which would read % as a parameter.
                pool.cursor().execute(statement.format(numbers=numbers, **values))
