"""What operators and checkers do not load."""

from __future__ import annotations

from typing import Any

from adapters.sql.database import SqlDatabase
from domain.claims import Cause
from tests.contract.builders import a_new_claim
from tests.contract.databases import sql_ports

LARGEST = 64
"""An id, a state, a number: nothing that a checker needs is longer."""


def test_a_batch_of_claims_brings_neither_payloads_nor_details_along(database: SqlDatabase) -> None:
    ports, new = sql_ports(database), a_new_claim(details={"text": "x" * 1000})
    ports.claims.add(new)
    ports.outbox.change(new.claim, new.claim.for_repair(b"x" * 300_000, Cause.QUOTE_REFUSED, "too deep"))
    pool: Any = database.pool
    execute_sql, sent = pool.execute_sql, []

    def seen(statement: str, params: Any = None) -> Any:
        sent.append((statement, params))
        return execute_sql(statement, params)

    pool.execute_sql = seen
    [head] = ports.records.claims(None, 10)
    [_] = ports.records.claimed(None, 10)

    assert head.has_payload
    with pool.connection_context():
        rows = [row for statement, params in sent for row in execute_sql(statement, params).fetchall()]
    assert len(rows) == len(sent)
    assert [value for row in rows for value in row if len(str(value)) > LARGEST] == []
