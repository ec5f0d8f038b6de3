"""Changes of a claim while the database fails."""

from __future__ import annotations

from dataclasses import replace

import peewee
import pytest

from domain.claims import ClaimState, NewClaim
from domain.errors import ClaimChanged, ClaimConflict, CommitUnknown, DatabaseUnavailable
from tests.contract.support.builders import NOW, a_claim_to_repair, a_new_claim, a_quote, an_audit_entry
from tests.contract.support.database_fixtures import Ports
from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_faults import Faults

BUILDING = ["UPDATE claim", "UPDATE quote", "INSERT INTO quote", "INSERT INTO claim_act"]
"""The statements of a change that builds a quote."""


@pytest.fixture
def new(database_ports: Ports) -> NewClaim:
    """A claim that waits for its quote."""
    new = a_claim_to_repair()
    database_ports.claims.add(new)
    return new


def build(ports: Ports, new: NewClaim) -> None:
    before = new.claim
    ports.outbox.change(before, before.done(), quote=a_quote(before), entry=an_audit_entry(before))


def is_built_once(ports: Ports, new: NewClaim) -> bool:
    claim = replace(new.claim.done(), version=1)
    return (claim, a_quote(claim), [an_audit_entry(new.claim)]) == _left(ports, new)


def is_untouched(ports: Ports, new: NewClaim) -> bool:
    return (new.claim, None, []) == _left(ports, new)


# The fate of a COMMIT


def test_a_change_whose_commit_lost_its_reply_is_found_as_made(
    sql_backend: SqlBackend, database_ports: Ports, faults: Faults, new: NewClaim
) -> None:
    faults.lose_answer("COMMIT", sql_backend.outage)

    with pytest.raises(ClaimChanged):
        build(database_ports, new)

    assert is_built_once(database_ports, new)
    assert sql_backend.has_no_transaction()


def test_a_commit_that_never_arrived_is_done_again(
    sql_backend: SqlBackend, database_ports: Ports, faults: Faults, new: NewClaim
) -> None:
    faults.fail("COMMIT", sql_backend.outage)

    build(database_ports, new)

    assert is_built_once(database_ports, new)


@pytest.mark.parametrize("applied", [True, False], ids=["applied", "dropped"])
def test_a_database_that_is_gone_after_commit_was_sent_leaves_the_fate_of_a_change_unknown(
    sql_backend: SqlBackend, database_ports: Ports, faults: Faults, new: NewClaim, applied: bool
) -> None:
    (faults.lose_answer if applied else faults.fail)("COMMIT", sql_backend.outage)
    faults.at_each("COMMIT", lambda: faults.fail("CONNECT", sql_backend.outage))

    with pytest.raises(CommitUnknown):
        build(database_ports, new)

    assert (is_built_once if applied else is_untouched)(database_ports, new)


# Errors before COMMIT


@pytest.mark.parametrize("statement", BUILDING)
@pytest.mark.parametrize("times", [1, 2])
def test_a_statement_of_a_change_that_fails_for_the_moment_is_repeated_with_all_of_it(
    sql_backend: SqlBackend, database_ports: Ports, faults: Faults, new: NewClaim, statement: str, times: int
) -> None:
    begun = faults.count("BEGIN")
    faults.fail(statement, sql_backend.passing_fault, times)

    build(database_ports, new)

    assert is_built_once(database_ports, new)
    assert begun + times + 1 == faults.count("BEGIN")


@pytest.mark.parametrize("statement", BUILDING)
@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_statement_of_a_change_that_keeps_failing_leaves_nothing(
    sql_backend: SqlBackend, database_ports: Ports, faults: Faults, new: NewClaim, statement: str, takes_effect: bool
) -> None:
    (faults.lose_answer if takes_effect else faults.fail)(statement, sql_backend.passing_fault, times=99)

    with pytest.raises(DatabaseUnavailable) as caught:
        build(database_ports, new)

    assert isinstance(caught.value.__cause__, peewee.OperationalError)
    assert is_untouched(database_ports, new)
    assert sql_backend.has_no_transaction()


@pytest.mark.parametrize("statement", ["UPDATE claim", "DELETE FROM quote", "INSERT INTO claim_act"])
def test_a_discard_that_keeps_failing_leaves_the_quote(
    sql_backend: SqlBackend, database_ports: Ports, faults: Faults, statement: str
) -> None:
    new = a_new_claim()
    database_ports.claims.add(new)
    faults.lose_answer(statement, sql_backend.passing_fault, times=99)

    with pytest.raises(DatabaseUnavailable):
        database_ports.outbox.change(new.claim, new.claim.discarded(NOW), entry=an_audit_entry(new.claim))

    assert (new.claim, new.quote, []) == _left(database_ports, new)


def test_an_act_that_the_database_refuses_undoes_its_change(
    sql_backend: SqlBackend, database_ports: Ports, new: NewClaim
) -> None:
    sql_backend.refuse("INSERT", "claim_act")

    with pytest.raises((ClaimConflict, DatabaseUnavailable)):
        build(database_ports, new)

    assert is_untouched(database_ports, new)


def test_a_change_that_is_refused_or_lost_holds_no_transaction(
    sql_backend: SqlBackend, database_ports: Ports, new: NewClaim
) -> None:
    with pytest.raises(ClaimChanged):
        database_ports.outbox.change(replace(new.claim, version=9), new.claim)

    assert sql_backend.has_no_transaction()


# Columns that the ports do not show


@pytest.mark.parametrize(("discard", "left"), [(True, None), (False, "abc")], ids=["discarded", "changed"])
def test_only_a_discarded_claim_forgets_the_request_that_made_it(
    sql_backend: SqlBackend, database_ports: Ports, new: NewClaim, discard: bool, left: str | None
) -> None:
    sql_backend.execute("UPDATE claim SET request_key_hash = 'abc', request_fingerprint = 'abc'")

    database_ports.outbox.change(new.claim, new.claim.discarded(NOW) if discard else replace(new.claim, attempts=1))

    [row] = sql_backend.dicts("claim")
    assert (left, left) == (row["request_key_hash"], row["request_fingerprint"])


def test_nothing_of_the_owner_stays_in_the_row_of_a_discarded_claim(
    sql_backend: SqlBackend, database_ports: Ports, new: NewClaim
) -> None:
    sql_backend.execute("UPDATE claim SET request_key_hash = 'abc', request_fingerprint = 'abc', finished_at = 1")

    discarded = database_ports.outbox.change(new.claim, new.claim.discarded(NOW))

    [row] = sql_backend.dicts("claim")
    columns = {name for name, value in row.items() if value is not None}
    assert columns == {
        *("quote_id", "key_id", "state", "source_revision", "cleanup", "attempts"),
        *("next_at", "created_at", "updated_at", "version"),
    }
    assert ClaimState.DISCARDED.value == row["state"]
    assert discarded == database_ports.outbox.find(new.claim.quote_id)


def _left(ports: Ports, new: NewClaim) -> tuple[object, object, object]:
    """Return the claim, its quote and its audit entries."""
    quote_id = new.claim.quote_id
    return ports.outbox.find(quote_id), ports.claims.quote(quote_id), ports.records.audit_log(None, 10)
