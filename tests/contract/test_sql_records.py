"""Claims for operators and checkers: columns that are not loaded, and words of another version."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.sql import records
from adapters.sql.database import SqlDatabase
from domain.claims import UNFINISHED_STATES, Cause, ClaimState, Cleanup
from domain.repairing.summaries import CauseCount, ClaimFilter
from tests.contract.support.builders import NOW, a_claim_to_repair, a_new_claim, an_account
from tests.contract.support.database_fixtures import sql_ports
from tests.contract.support.sql_backends import SqlBackend

LARGEST = 64
"""Characters. A checker needs ids, states and numbers, and none of them is longer."""


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


def test_words_of_a_newer_version_are_shown_as_unknown_and_its_states_are_left_to_it(
    sql_backend: SqlBackend, database: SqlDatabase
) -> None:
    ports = sql_ports(database)
    state, cause = a_claim_to_repair(an_account("a@example.com")), a_claim_to_repair(an_account("b@example.com"))
    for new in (state, cause):
        ports.claims.add(new)
    sql_backend.execute(f"UPDATE claim SET state = 'later' WHERE quote_id = '{state.claim.quote_id}'")  # noqa: S608 - our own id
    sql_backend.execute("UPDATE claim SET cause = 'of-later', cleanup = 'later', next_at = 1")

    found = ports.records.find(ClaimFilter(), None, 10)
    assert [claim.state for claim in found] == [ClaimState.UNKNOWN, ClaimState.RETRY]
    assert {(Cause.UNKNOWN, Cleanup.PENDING)} == {(claim.cause, claim.cleanup) for claim in found}
    assert [head.state for head in ports.records.claims(None, 10)] == [ClaimState.UNKNOWN, ClaimState.RETRY]
    assert {ClaimState.UNKNOWN, ClaimState.RETRY} == {count.state for count in ports.records.counts(ClaimFilter())}
    assert [cause.claim.quote_id] == [claim.quote_id for claim in ports.outbox.due(NOW, 10)]


@pytest.mark.parametrize("word", ["archived", "deaf", "disc", "donee", "later", "zoned", "unknown"])
def test_a_filter_for_unknown_finds_every_word_that_this_version_does_not_know(
    sql_backend: SqlBackend, database: SqlDatabase, word: str
) -> None:
    ports = sql_ports(database)
    new = a_claim_to_repair(an_account("a@example.com"))
    for one in (new, a_new_claim()):
        ports.claims.add(one)
    ours = f"WHERE quote_id = '{new.claim.quote_id}'"
    sql_backend.execute(f"UPDATE claim SET state = '{word}', cause = '{word}' {ours}")  # noqa: S608 - our own words

    for which in (
        ClaimFilter(states=UNFINISHED_STATES),
        ClaimFilter(states=(ClaimState.UNKNOWN,)),
        ClaimFilter(causes=(Cause.UNKNOWN,)),
        ClaimFilter(states=(ClaimState.UNKNOWN,), causes=(Cause.UNKNOWN, Cause.EXPIRED)),
    ):
        assert [new.claim.quote_id] == [claim.quote_id for claim in ports.records.find(which, None, 10)]
        assert [count.count for count in ports.records.counts(which)] == [1]


def test_words_that_this_version_does_not_know_are_counted_together(
    sql_backend: SqlBackend, database: SqlDatabase
) -> None:
    ports = sql_ports(database)
    for number, word in enumerate(("later", "sooner", "retry")):
        new = a_claim_to_repair(an_account(f"{word}@example.com"), created_at=NOW + timedelta(hours=number))
        ports.claims.add(new)
        ours = f"WHERE quote_id = '{new.claim.quote_id}'"
        sql_backend.execute(f"UPDATE claim SET state = '{word}', cause = '{word}' {ours}")  # noqa: S608 - our own words

    expected = {CauseCount(ClaimState.UNKNOWN, Cause.UNKNOWN, 2, NOW)}
    expected |= {CauseCount(ClaimState.RETRY, Cause.UNKNOWN, 1, NOW + timedelta(hours=2))}
    assert expected == set(ports.records.counts(ClaimFilter()))


def test_a_claim_is_found_though_its_state_was_in_no_row_a_moment_ago(
    database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Change the claim between the query for words and the query for claims."""
    ports, new = sql_ports(database), a_claim_to_repair()
    ports.claims.add(new)
    monkeypatch.setattr(records, "_present_words", lambda _: iter(["fetch_pending"]))
    assert [new.claim] == ports.records.find(ClaimFilter(states=UNFINISHED_STATES), None, 10)
