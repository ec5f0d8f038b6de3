"""Quotes that the database refuses."""

from __future__ import annotations

import pytest

from adapters.sql.database import SqlDatabase
from domain.claims import ClaimWithAccount
from domain.errors import ClaimConflict, DatabaseUnavailable, QuoteRefused
from domain.model import Draft, Revision, StoredDraft
from domain.ports import Claims
from tests.contract.support.builders import REVISION, a_new_claim, an_account
from tests.contract.support.sql_backends import SqlBackend

NOTHING = (0, 0, 0)


def test_a_quote_that_the_database_refuses_leaves_nothing(
    sql_backend: SqlBackend, database: SqlDatabase, database_claims: Claims
) -> None:
    sql_backend.refuse("INSERT", "quote")

    with pytest.raises(QuoteRefused) as refusal:
        database_claims.add(a_new_claim(details={"name": "Ada Lovelace"}))

    assert "Ada" not in str(refusal.value)

    assert sql_backend.rows() == NOTHING
    assert sql_backend.has_no_transaction()


def test_a_newer_draft_that_the_database_refuses_changes_nothing(
    sql_backend: SqlBackend, database_claims: Claims
) -> None:
    new = a_new_claim()
    database_claims.add(new)
    sql_backend.refuse("UPDATE", "quote")

    with pytest.raises(QuoteRefused):
        database_claims.take_newer(new.claim.quote_id, StoredDraft(Revision(REVISION + 1), b""), Draft("motor", {}))

    assert ClaimWithAccount(new.claim, new.account) == database_claims.with_account(new.claim.quote_id)
    assert new.quote == database_claims.quote(new.claim.quote_id)


@pytest.mark.parametrize("value", ["\ud800", 2**64], ids=["lone surrogate", "beyond 64 bits"])
def test_details_that_cannot_be_written_down_are_refused(
    sql_backend: SqlBackend, database: SqlDatabase, database_claims: Claims, value: str | int
) -> None:
    with pytest.raises(QuoteRefused):
        database_claims.add(a_new_claim(details={"value": value}))

    assert sql_backend.rows() == NOTHING


def test_a_refusal_of_the_account_or_the_claim_is_not_a_refusal_of_the_quote(
    sql_backend: SqlBackend, database: SqlDatabase, database_claims: Claims
) -> None:
    sql_backend.refuse("INSERT", "claim")

    with pytest.raises((ClaimConflict, DatabaseUnavailable)):
        database_claims.add(a_new_claim(an_account()))

    assert sql_backend.rows() == NOTHING
