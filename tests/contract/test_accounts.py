"""The erasure of an account, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sql.database import SqlDatabase
from domain.claims import Cause, Claim, ClaimState, ClaimWithAccount, Cleanup, NewClaim
from domain.errors import ClaimConflict, DatabaseUnavailable
from domain.model import AccountId
from tests.contract.support.builders import (
    NOW,
    a_claim_to_repair,
    a_new_claim,
    a_quote,
    an_account,
    an_audit_entry,
    another_claim,
)
from tests.contract.support.database_fixtures import Ports, sql_ports
from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_faults import Faults

LATER = NOW + timedelta(hours=1)


def test_an_erased_account_is_gone_with_its_quotes(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)
    second = replace(a_new_claim(new.account), account=None)
    ports.claims.add(second)

    assert ports.accounts.erase(_id(new.claim), LATER)

    assert ports.accounts.with_email("ada@example.com") is None
    assert ports.claims.quote(new.claim.quote_id) is None
    assert ports.claims.quote(second.claim.quote_id) is None
    assert ports.records.claimed(None, 10) == []
    assert ports.claims.of_account(_id(new.claim), None, 10) == []


@pytest.mark.parametrize("state", list(ClaimState))
def test_each_claim_of_an_erased_account_is_discarded_and_due(ports: Ports, state: ClaimState) -> None:
    new = a_claim_to_repair(
        state=state,
        cleanup=Cleanup.VERIFIED,
        finished_at=NOW,
        attempts=8,
        cause=Cause.QUOTE_REFUSED,
        next_at=None,
        version=4,
    )
    ports.claims.add(new)

    ports.accounts.erase(_id(new.claim), LATER)

    expected = replace(new.claim.discarded(LATER), version=5)
    assert ClaimWithAccount(expected, None) == ports.claims.with_account(new.claim.quote_id)
    assert [expected] == ports.outbox.due(LATER, 10)


def test_an_erasure_raises_the_versions_of_the_account_s_claims(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)

    ports.accounts.erase(_id(new.claim), LATER)

    found = ports.outbox.find(new.claim.quote_id)
    assert found
    assert new.claim.version < found.version


def test_an_account_with_more_quotes_than_a_statement_takes_values_is_erased_too(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.sql.erasure._BATCH", 3)
    new = a_new_claim()
    ports.claims.add(new)
    assert new.account
    claims = [another_claim(new.account).claim for _ in range(7)]
    for claim in claims:
        ports.claims.add(NewClaim(None, claim, a_quote(claim)))

    assert ports.accounts.erase(_id(new.claim), LATER)

    assert ports.records.claimed(None, 10) == []
    assert {claim.state for claim in ports.outbox.due(LATER, 10)} == {ClaimState.DISCARDED}


def test_other_accounts_are_not_touched(ports: Ports) -> None:
    ada, bob = a_new_claim(), a_new_claim(an_account("bob@example.com"))
    ports.claims.add(ada)
    ports.claims.add(bob)

    ports.accounts.erase(_id(ada.claim), LATER)

    assert bob.account == ports.accounts.with_email("bob@example.com")
    assert ClaimWithAccount(bob.claim, bob.account) == ports.claims.with_account(bob.claim.quote_id)
    assert bob.quote == ports.claims.quote(bob.claim.quote_id)


def test_an_account_that_is_not_there_is_not_erased_and_nothing_else_is(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)

    assert not ports.accounts.erase(AccountId("ac_00000000000000000000000000"), LATER)

    assert ClaimWithAccount(new.claim, new.account) == ports.claims.with_account(new.claim.quote_id)
    assert new.quote == ports.claims.quote(new.claim.quote_id)


def test_an_account_whose_password_has_changed_since_is_not_erased(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)
    entry = an_audit_entry(new.claim)
    ports.records.log(entry)
    assert new.account

    assert not ports.accounts.erase(_id(new.claim), LATER, new.account.credentials_version + 1)

    assert ClaimWithAccount(new.claim, new.account) == ports.claims.with_account(new.claim.quote_id)
    assert new.quote == ports.claims.quote(new.claim.quote_id)
    assert [entry] == ports.records.audit_log(new.claim.quote_id, 10)
    assert ports.accounts.erase(_id(new.claim), LATER, new.account.credentials_version)


def test_an_audit_entry_after_the_erasure_of_the_owner_is_anonymised(ports: Ports) -> None:
    new = a_claim_to_repair()
    ports.claims.add(new)
    ports.accounts.erase(_id(new.claim), LATER)

    ports.records.log(an_audit_entry(new.claim))

    assert [an_audit_entry(new.claim).anonymised()] == ports.records.audit_log(new.claim.quote_id, 10)


def test_an_erased_account_is_not_there_a_second_time(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)
    ports.accounts.erase(_id(new.claim), LATER)
    before = ports.outbox.find(new.claim.quote_id)

    assert not ports.accounts.erase(_id(new.claim), LATER)

    assert before == ports.outbox.find(new.claim.quote_id)


def test_the_email_of_an_erased_account_is_free_again(ports: Ports) -> None:
    first, second = a_new_claim(), a_new_claim()
    ports.claims.add(first)

    ports.accounts.erase(_id(first.claim), LATER)
    ports.claims.add(second)

    assert second.account == ports.accounts.with_email("ada@example.com")


def test_audit_entries_of_an_erased_account_s_claims_stay_without_their_reasons(ports: Ports) -> None:
    new, other = a_claim_to_repair(), a_claim_to_repair(an_account("bob@example.com"))
    for each in (new, other):
        ports.claims.add(each)
        ports.records.log(an_audit_entry(each.claim))

    ports.accounts.erase(_id(new.claim), LATER)

    assert [an_audit_entry(new.claim).anonymised()] == ports.records.audit_log(new.claim.quote_id, 10)
    assert [an_audit_entry(other.claim)] == ports.records.audit_log(other.claim.quote_id, 10)


def test_the_reason_of_a_discard_goes_with_the_erased_account(ports: Ports) -> None:
    new = a_claim_to_repair()
    ports.claims.add(new)
    entry = an_audit_entry(new.claim)
    ports.outbox.change(new.claim, new.claim.discarded(NOW), entry=entry)

    ports.accounts.erase(_id(new.claim), LATER)

    assert [entry.anonymised()] == ports.records.audit_log(new.claim.quote_id, 10)


# On a database that fails


def test_an_erased_account_leaves_nothing_of_the_requests_that_made_its_claims(
    sql_backend: SqlBackend, database: SqlDatabase
) -> None:
    ports, new = sql_ports(database), a_claim_to_repair()
    ports.claims.add(new)
    assert new.account
    ports.claims.add(another_claim(new.account))
    sql_backend.execute(
        "UPDATE claim SET request_key_hash = 'abc', request_fingerprint = 'abc', last_error = 'for Ada'"
    )

    ports.accounts.erase(_id(new.claim), LATER)

    columns = ("account_id", "request_key_hash", "request_fingerprint", "payload", "last_error")
    assert [[row[column] for column in columns] for row in sql_backend.dicts("claim")] == [[None] * len(columns)] * 2


def test_an_account_that_cannot_be_erased_whole_stays_whole(sql_backend: SqlBackend, database: SqlDatabase) -> None:
    ports, new = sql_ports(database), a_new_claim()
    ports.claims.add(new)
    sql_backend.refuse("DELETE", "account")

    with pytest.raises((ClaimConflict, DatabaseUnavailable)):
        ports.accounts.erase(_id(new.claim), LATER)

    assert ClaimWithAccount(new.claim, new.account) == ports.claims.with_account(new.claim.quote_id)
    assert new.quote == ports.claims.quote(new.claim.quote_id)


@pytest.mark.parametrize("statement", ["UPDATE claim", "DELETE FROM quote", "DELETE FROM account", "COMMIT"])
def test_an_erasure_that_fails_for_the_moment_is_done_once(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, statement: str
) -> None:
    ports, new = sql_ports(database), a_new_claim()
    ports.claims.add(new)
    faults.lose_answer(statement, sql_backend.passing_fault)

    assert ports.accounts.erase(_id(new.claim), LATER)

    expected = replace(new.claim.discarded(LATER), version=1)
    assert ClaimWithAccount(expected, None) == ports.claims.with_account(new.claim.quote_id)
    assert sql_backend.rows() == (0, 1, 0)


def _id(claim: Claim) -> AccountId:
    assert claim.account_id
    return claim.account_id
