"""Mutants in the use cases of account owners."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.memory.database import MemoryAccounts, MemoryClaims
from adapters.memory.sessions import MemorySessions
from domain.use_cases import register_and_claim
from domain.use_cases.authenticate import Authenticate
from domain.use_cases.claim_quote import ClaimQuote
from tests.doubles.hashers import PlainPasswordHasher


def a_session_that_is_open_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemorySessions, "close", lambda *_: True)


def a_password_that_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryAccounts, "put_credentials", lambda *_: True)


def a_session_that_does_not_end_with_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def put(self: MemoryAccounts, before: Any, after: Any) -> bool:
        accounts = self._database.accounts
        accounts[before.account_id] = replace(accounts[before.account_id], password_hash=after.password_hash)
        return True

    monkeypatch.setattr(MemoryAccounts, "put_credentials", put)


def an_erasure_that_leaves_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryAccounts, "erase", lambda *_: True)


def an_erasure_that_leaves_its_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    def erase(self: MemoryAccounts, account_id: Any, _: Any) -> bool:
        return self._database.accounts.pop(account_id, None) is not None

    monkeypatch.setattr(MemoryAccounts, "erase", erase)


def a_password_that_nobody_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlainPasswordHasher, "verify", lambda self, password_hash, _: password_hash is not None)


def a_quote_that_anybody_deletes(monkeypatch: pytest.MonkeyPatch) -> None:
    def discard(self: MemoryClaims, quote_id: Any, _: Any, now: Any) -> bool:
        with self._database.writing():
            claim = self._database.claims.get(quote_id)
            if claim:
                self._database.discard(claim, now)
            return claim is not None

    monkeypatch.setattr(MemoryClaims, "discard", discard)


def a_claim_that_is_always_new(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = ClaimQuote.__call__
    monkeypatch.setattr(ClaimQuote, "__call__", lambda self, *args: replace(honest(self, *args), is_new=True))


def a_key_that_anybody_uses_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_and_claim, "_has_key_of", lambda *_: False)


def an_access_token_that_needs_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Authenticate.__call__
    seen: dict[Any, Any] = {}

    def authenticate(self: Authenticate, token: Any) -> Any:
        if token not in seen:
            seen[token] = honest(self, token)
        return seen[token]

    monkeypatch.setattr(Authenticate, "__call__", authenticate)


ACCOUNT_MUTANTS = (
    a_session_that_is_open_for_ever,
    a_password_that_is_not_changed,
    a_session_that_does_not_end_with_the_password,
    an_erasure_that_leaves_the_account,
    an_erasure_that_leaves_its_quotes,
    a_password_that_nobody_checks,
    a_quote_that_anybody_deletes,
    a_claim_that_is_always_new,
    a_key_that_anybody_uses_again,
    an_access_token_that_needs_no_account,
)
