"""The deletion of a claimed quote by its owner, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sql.database import SqlDatabase
from domain.claims import Claim, ClaimState, ClaimWithAccount, ClaimWithQuote, RequestMark
from domain.errors import ClaimConflict, DatabaseUnavailable
from domain.model import AccountId, QuoteId
from tests.contract.support.builders import (
    NOW,
    a_claim_to_repair,
    a_new_claim,
    an_account,
    an_audit_entry,
    another_claim,
)
from tests.contract.support.database_fixtures import Ports, sql_ports
from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_faults import Faults

LATER = NOW + timedelta(hours=1)


def test_a_discarded_quote_is_deleted_and_its_claim_is_discarded_and_due(ports: Ports) -> None:
    new = a_new_claim()
    new = replace(new, claim=replace(new.claim, request=RequestMark("a" * 64, "b" * 64), next_at=None))
    ports.claims.add(new)

    assert ports.claims.discard(new.claim.quote_id, _owner(new.claim), LATER)

    expected = replace(new.claim.discarded(LATER), version=1)
    assert ClaimWithAccount(expected, None) == ports.claims.with_account(new.claim.quote_id)
    assert ports.claims.quote(new.claim.quote_id) is None
    assert [expected] == ports.outbox.due(LATER, 10)


@pytest.mark.parametrize("state", [state for state in ClaimState if state is not ClaimState.DISCARDED])
def test_a_quote_is_discarded_in_every_state(ports: Ports, state: ClaimState) -> None:
    new = a_claim_to_repair(state=state)
    ports.claims.add(new)

    assert ports.claims.discard(new.claim.quote_id, _owner(new.claim), LATER)

    assert replace(new.claim.discarded(LATER), version=1) == ports.outbox.find(new.claim.quote_id)


def test_the_account_and_its_other_quotes_stay(ports: Ports) -> None:
    new = a_new_claim()
    assert new.account
    ports.claims.add(new)
    other = another_claim(new.account)
    ports.claims.add(other)

    ports.claims.discard(new.claim.quote_id, _owner(new.claim), LATER)

    assert new.account == ports.accounts.find(new.account.account_id)
    assert [ClaimWithQuote(other.claim, None)] == ports.claims.of_account(new.account.account_id, None, 10)


def test_only_the_owner_discards_a_quote(ports: Ports) -> None:
    ada, bob = a_new_claim(), a_new_claim(an_account("bob@example.com"))
    ports.claims.add(ada)
    ports.claims.add(bob)

    assert not ports.claims.discard(ada.claim.quote_id, _owner(bob.claim), LATER)
    assert not ports.claims.discard(QuoteId("qt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), _owner(bob.claim), LATER)

    assert ClaimWithQuote(ada.claim, ada.quote) == ports.claims.with_quote(ada.claim.quote_id)
    assert ClaimWithQuote(bob.claim, bob.quote) == ports.claims.with_quote(bob.claim.quote_id)


def test_a_discarded_quote_is_not_there_a_second_time(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)
    ports.claims.discard(new.claim.quote_id, _owner(new.claim), LATER)
    before = ports.outbox.find(new.claim.quote_id)

    assert not ports.claims.discard(new.claim.quote_id, _owner(new.claim), LATER + timedelta(hours=1))

    assert before == ports.outbox.find(new.claim.quote_id)


def test_the_audit_log_keeps_the_acts_without_their_reasons(ports: Ports) -> None:
    new = a_claim_to_repair()
    ports.claims.add(new)
    ports.records.log(an_audit_entry(new.claim))

    ports.claims.discard(new.claim.quote_id, _owner(new.claim), LATER)

    assert [an_audit_entry(new.claim).anonymised()] == ports.records.audit_log(new.claim.quote_id, 10)


# On a database that fails


def test_a_quote_that_cannot_be_discarded_whole_stays_whole(sql_backend: SqlBackend, database: SqlDatabase) -> None:
    ports, new = sql_ports(database), a_new_claim()
    ports.claims.add(new)
    sql_backend.refuse("DELETE", "quote")

    with pytest.raises((ClaimConflict, DatabaseUnavailable)):
        ports.claims.discard(new.claim.quote_id, _owner(new.claim), LATER)

    assert ClaimWithQuote(new.claim, new.quote) == ports.claims.with_quote(new.claim.quote_id)


@pytest.mark.parametrize("statement", ["UPDATE claim", "DELETE FROM quote", "COMMIT"])
def test_a_discard_that_fails_for_the_moment_is_done_once(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, statement: str
) -> None:
    ports, new = sql_ports(database), a_new_claim()
    ports.claims.add(new)
    faults.lose_answer(statement, sql_backend.passing_fault)

    assert ports.claims.discard(new.claim.quote_id, _owner(new.claim), LATER)

    assert replace(new.claim.discarded(LATER), version=1) == ports.outbox.find(new.claim.quote_id)
    assert sql_backend.rows() == (1, 1, 0)


def _owner(claim: Claim) -> AccountId:
    assert claim.account_id
    return claim.account_id
