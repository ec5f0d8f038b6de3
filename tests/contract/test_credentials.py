"""Credentials of an account on every database, and their changes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from adapters.sql.database import SqlDatabase
from domain.model import Account, AccountId
from tests.contract.support.builders import a_new_claim, an_account
from tests.contract.support.database_fixtures import Ports, sql_ports
from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_faults import Faults


def test_an_account_is_found_by_its_id_and_by_its_email(ports: Ports) -> None:
    account = added(ports)

    assert account == ports.accounts.find(account.account_id)
    assert account == ports.accounts.with_email(account.email.key)
    assert ports.accounts.find(AccountId("ac_00000000000000000000000000")) is None


def test_credentials_are_changed_where_they_are_still_those_that_were_read(ports: Ports) -> None:
    account, other = added(ports), added(ports, "bob@example.com")
    changed = replace(account, password_hash="new", credentials_version=2)

    assert ports.accounts.put_credentials(account, changed)

    assert changed == ports.accounts.find(account.account_id)
    assert other == ports.accounts.find(other.account_id)


def test_nothing_but_the_credentials_is_changed(ports: Ports) -> None:
    account = added(ports)

    ports.accounts.put_credentials(account, replace(account, password_hash="new", name="Eve", email=an_account().email))

    assert replace(account, password_hash="new") == ports.accounts.find(account.account_id)


@pytest.mark.parametrize("was", [{"password_hash": "another"}, {"credentials_version": 7}])
def test_credentials_that_others_have_changed_stay_as_they_are(ports: Ports, was: dict[str, Any]) -> None:
    account = added(ports)

    assert not ports.accounts.put_credentials(replace(account, **was), replace(account, password_hash="new"))

    assert account == ports.accounts.find(account.account_id)


def test_of_an_account_that_is_not_there_nothing_is_changed(ports: Ports) -> None:
    account = an_account()

    assert not ports.accounts.put_credentials(account, replace(account, password_hash="new"))

    assert ports.accounts.find(account.account_id) is None


def test_a_change_that_was_made_already_is_made(ports: Ports) -> None:
    account = added(ports)
    changed = replace(account, password_hash="new", credentials_version=2)
    ports.accounts.put_credentials(account, changed)

    assert ports.accounts.put_credentials(account, changed)

    assert changed == ports.accounts.find(account.account_id)


def test_of_many_changes_of_the_same_credentials_at_once_one_is_made(ports: Ports) -> None:
    account = added(ports)
    barrier = threading.Barrier(8)

    def change(number: int) -> bool:
        barrier.wait()
        return ports.accounts.put_credentials(
            account, replace(account, password_hash=f"new {number}", credentials_version=2)
        )

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(change, range(8))) == [False] * 7 + [True]


@pytest.mark.parametrize("statement", ["UPDATE account", "COMMIT"])
def test_a_change_whose_answer_is_lost_is_made_and_said_to_be(
    sql_backend: SqlBackend, database: SqlDatabase, faults: Faults, statement: str
) -> None:
    ports = sql_ports(database)
    account = added(ports)
    changed = replace(account, password_hash="new", credentials_version=2)
    faults.lose_answer(statement, sql_backend.passing_fault)

    assert ports.accounts.put_credentials(account, changed)

    assert changed == ports.accounts.find(account.account_id)


def added(ports: Ports, email: str = "ada@example.com") -> Account:
    """Add an account as a registration does."""
    new = a_new_claim(an_account(email))
    assert new.account
    ports.claims.add(new)
    return new.account
