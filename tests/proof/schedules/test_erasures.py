"""The checker takes a quote for erased once its row says so: a refused erasure is not an erasure."""

from __future__ import annotations

import pytest

from domain.model import Account
from tests.contract.support.builders import NOW, a_new_claim, an_account
from tests.proof.schedules.backends.backend import Backend, in_memory_backend
from tests.proof.schedules.checkers.account_row_checker import AccountRowChecker
from tests.proof.schedules.checkers.invariants import Excuse
from tests.proof.schedules.checkers.model import Model
from tests.proof.schedules.faults.port_calls import Call


@pytest.fixture
def backend() -> Backend:
    return in_memory_backend()


def excuses_after(backend: Backend, account: Account, credentials_version: int, *, arrives: bool) -> set[Excuse]:
    """Return the excuses of the account's quote after an erasure with that version."""
    new, model = a_new_claim(account), Model()
    backend.database.claims.add(new)
    checker = AccountRowChecker(backend.database.inspector, backend.clock, model)
    erase = Call("accounts", "erase", (account.account_id, NOW, credentials_version), {})
    claims = checker.before(erase)
    assert [claim.quote_id for claim in claims] == [new.claim.quote_id]
    if arrives:
        backend.database.accounts.erase(*erase.args)
    checker.note_erased(claims)
    return model.excuses[new.claim.quote_id]


def test_an_erasure_is_noted(backend: Backend) -> None:
    account = an_account()
    assert excuses_after(backend, account, account.credentials_version, arrives=True) == {Excuse.ERASED}


def test_an_erasure_with_outdated_credentials_is_not_noted(backend: Backend) -> None:
    account = an_account()
    assert excuses_after(backend, account, account.credentials_version - 1, arrives=True) == set()


def test_an_erasure_that_never_arrives_is_not_noted(backend: Backend) -> None:
    account = an_account()
    assert excuses_after(backend, account, account.credentials_version, arrives=False) == set()
