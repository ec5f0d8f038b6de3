"""Migrations of existing rows, also after a failed attempt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playhouse.migrations import Runner

from adapters.sql import schema
from adapters.sql.database import SqlDatabase, open_database
from adapters.sql.schema import migrate
from domain.claims import Cause, Claim, ClaimState, QuoteStatus
from domain.model import milliseconds
from domain.repairing.summaries import CauseCount, ClaimFilter
from tests.contract.support.builders import NOW, a_claim_to_repair, an_audit_entry
from tests.contract.support.database_fixtures import sql_ports
from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_server_backends import MariadbBackend

BEFORE, LATER = "0001_initial", ["0002_repairs", "0003_account_claims"]
CAUSES = {
    "draft unreadable: codec 02 is not known": Cause.DRAFT_UNREADABLE,
    "quote refused: 54001 stack depth limit exceeded": Cause.QUOTE_REFUSED,
    "the draft unreadable: is not at the beginning": None,
    None: None,
}
"""Errors that the version before wrote, and the causes that they become."""
STEPS = [
    "ALTER TABLE claim ADD COLUMN cause VARCHAR(32)",
    "ALTER TABLE claim ADD COLUMN finished_at BIGINT",
    "ALTER TABLE claim ADD COLUMN version INTEGER DEFAULT 0 NOT NULL",
    "CREATE INDEX claim_state_quote_id ON claim (state, quote_id)",
    "UPDATE claim SET cause = 'draft-unreadable' WHERE last_error LIKE 'draft unreadable: %'",
    "CREATE INDEX claim_account_id_created_at_quote_id ON claim (account_id, created_at, quote_id)",
    "DROP INDEX claim_account_id",
]
"""Steps of the last migration. A database that commits each step by itself may have done only some."""


@pytest.fixture
def old(sql_backend: SqlBackend) -> Iterator[SqlDatabase]:
    """A database of the version before, with claims."""
    database = open_database(sql_backend.url)
    with database.dialect.migrating(database.pool):
        Runner(database.pool, str(schema._MIGRATIONS)).up(BEFORE)
    for number, error in enumerate(CAUSES):
        _add_claim(database, number, error)
    yield database
    database.close()


def test_claims_of_the_version_before_get_the_cause_that_their_error_begins_with(old: SqlDatabase) -> None:
    assert migrate(old) == LATER

    assert list(CAUSES.values()) == [claim.cause for claim in _claims(old)]
    assert list(CAUSES) == [claim.last_error for claim in _claims(old)]
    counts = sql_ports(old).records.counts(ClaimFilter(causes=(Cause.DRAFT_UNREADABLE,)))
    assert [CauseCount(ClaimState.RETRY, Cause.DRAFT_UNREADABLE, 1, NOW)] == counts


def test_claims_of_the_version_before_keep_the_rest_and_begin_at_version_0(old: SqlDatabase) -> None:
    migrate(old)

    for claim in _claims(old):
        assert (claim.version, claim.finished_at) == (0, None)
        assert (claim.payload, claim.attempts, claim.created_at, claim.status) == (b"old", 3, NOW, QuoteStatus.PENDING)


def test_claims_of_the_version_before_can_be_changed(old: SqlDatabase) -> None:
    migrate(old)
    ports = sql_ports(old)
    [before, *_] = _claims(old)
    entry = an_audit_entry(before)

    discarded = ports.outbox.change(before, before.discarded(NOW), entry=entry)

    assert discarded == ports.outbox.find(before.quote_id)
    assert [entry] == ports.records.audit_log(None, 10)


def test_a_service_of_the_version_before_can_still_add_claims(old: SqlDatabase) -> None:
    migrate(old)

    _add_claim(old, len(CAUSES), "quote refused: by a service that is not yet replaced")

    [*_, latest] = _claims(old)
    assert (latest.version, latest.cause) == (0, None)


@pytest.mark.parametrize("done", range(len(STEPS) + 1))
def test_a_migration_that_ended_after_any_of_its_steps_is_brought_to_its_end(
    sql_backend: SqlBackend, old: SqlDatabase, done: int
) -> None:
    for step in STEPS[:done]:
        sql_backend.execute(
            step + " ON claim" * (isinstance(sql_backend, MariadbBackend) and step.startswith("DROP INDEX"))
        )

    assert migrate(old) == LATER

    assert list(CAUSES.values()) == [claim.cause for claim in _claims(old)]
    new = a_claim_to_repair()
    sql_ports(old).claims.add(new)
    assert new.claim == sql_ports(old).outbox.find(new.claim.quote_id)


def test_a_way_back_keeps_the_claims(sql_backend: SqlBackend, old: SqlDatabase) -> None:
    before = sql_backend.fetch("SELECT * FROM claim ORDER BY quote_id")
    migrate(old)

    with old.dialect.migrating(old.pool):
        assert LATER[::-1] == Runner(old.pool, str(schema._MIGRATIONS)).down(LATER[0])

    assert before == sql_backend.fetch("SELECT * FROM claim ORDER BY quote_id")


def _add_claim(database: SqlDatabase, number: int, error: str | None) -> None:
    """Add a claim as the version before did."""
    moment = milliseconds(NOW)
    row = {
        "quote_id": f"qt_{number:026}",
        "key_id": "k1",
        "state": "retry",
        "source_revision": moment,
        "payload": b"old",
        "cleanup": "pending",
        "attempts": 3,
        "next_at": moment,
        "last_error": error,
        "created_at": moment,
        "updated_at": moment,
    }
    marks = ", ".join([database.pool.param] * len(row))
    with database.pool.connection_context():
        database.pool.execute_sql(f"INSERT INTO claim ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - constants


def _claims(database: SqlDatabase) -> list[Claim]:
    ports = sql_ports(database)
    ids = [head.quote_id for head in ports.records.claims(None, 100)]
    return [claim for quote_id in ids if (claim := ports.outbox.find(quote_id))]
