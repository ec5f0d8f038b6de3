"""Log-ins, log-outs, changes of the password, and the ends of sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from domain.errors import (
    AccessTokenInvalid,
    BadCredentials,
    DatabaseUnavailable,
    Overloaded,
    StoreFull,
    StoreUnreachable,
)
from domain.model import AccessToken, Account, Email
from tests.doubles.hashers import PlainPasswordHasher
from tests.support.in_memory_service import PASSWORD, InMemoryService

EMAIL = Email("maria@example.com", "maria@example.com")
NEW_PASSWORD = "another horse battery"


def ended(service: InMemoryService, token: AccessToken) -> bool:
    try:
        service.services.authenticate(token)
    except AccessTokenInvalid:
        return True
    return False


def the_account(service: InMemoryService) -> Account:
    [account] = service.database.accounts.values()
    return account


class TestLogIn:
    def test_opens_a_session_beside_the_others(self, service: InMemoryService, token: AccessToken) -> None:
        done = service.services.log_in(EMAIL, PASSWORD)
        assert done.account == the_account(service) == service.services.authenticate(done.access.token)
        assert not ended(service, token)

    def test_an_unknown_email_and_a_wrong_password_are_refused_alike(
        self, service: InMemoryService, token: AccessToken
    ) -> None:
        for email, password in ((EMAIL, "wrong"), (Email("x@y.example", "x@y.example"), PASSWORD), (EMAIL, "")):
            with pytest.raises(BadCredentials):
                service.services.log_in(email, password)

    def test_the_password_is_verified_once_also_where_there_is_no_account(
        self, service: InMemoryService, token: AccessToken
    ) -> None:
        hasher: Any = service.services.log_in.hasher
        for email in (EMAIL, Email("x@y.example", "x@y.example")):
            with mock.patch.object(hasher, "verify", wraps=hasher.verify) as verify, pytest.raises(BadCredentials):
                service.services.log_in(email, "wrong")
            assert verify.call_count == 1

    def test_an_overloaded_hasher_is_not_a_refusal(self, service: InMemoryService, token: AccessToken) -> None:
        hasher: Any = service.services.log_in.hasher
        with mock.patch.object(hasher, "verify", side_effect=Overloaded("full")), pytest.raises(Overloaded):
            service.services.log_in(EMAIL, PASSWORD)

    @pytest.mark.parametrize("outage", [StoreUnreachable("away"), StoreFull("full")])
    def test_needs_a_session(self, service: InMemoryService, token: AccessToken, outage: Any) -> None:
        service.sessions.outage = outage
        with pytest.raises(type(outage)):
            service.services.log_in(EMAIL, PASSWORD)

    def test_an_outdated_hash_is_replaced_and_sessions_stay(self, service: InMemoryService, token: AccessToken) -> None:
        newer = replace(service.services.log_in, hasher=PlainPasswordHasher("newer"))
        done = newer(EMAIL, PASSWORD)
        assert the_account(service).password_hash == f"newer:{PASSWORD}"
        assert not ended(service, token)
        assert not ended(service, done.access.token)

    def test_a_hash_that_cannot_be_replaced_now_does_not_prevent_the_log_in(
        self, service: InMemoryService, token: AccessToken
    ) -> None:
        newer = replace(service.services.log_in, hasher=PlainPasswordHasher("newer"))
        with mock.patch.object(service.accounts, "put_credentials", side_effect=DatabaseUnavailable("busy")):
            assert not ended(service, newer(EMAIL, PASSWORD).access.token)
        assert the_account(service).password_hash == f"plain:{PASSWORD}"

    def test_a_hash_of_a_wrong_password_is_not_replaced(self, service: InMemoryService, token: AccessToken) -> None:
        newer = replace(service.services.log_in, hasher=PlainPasswordHasher("newer"))
        with pytest.raises(BadCredentials):
            newer(EMAIL, "wrong")
        assert the_account(service).password_hash == f"plain:{PASSWORD}"


class TestLogOut:
    def test_ends_this_session_and_no_other(self, service: InMemoryService, token: AccessToken) -> None:
        other = service.log_in()
        service.services.log_out(token)
        assert ended(service, token)
        assert not ended(service, other)

    def test_a_second_log_out_is_refused(self, service: InMemoryService, token: AccessToken) -> None:
        service.services.log_out(token)
        with pytest.raises(AccessTokenInvalid):
            service.services.log_out(token)

    def test_needs_no_database(self, service: InMemoryService, token: AccessToken) -> None:
        service.database.is_down = True
        service.services.log_out(token)
        service.database.is_down = False
        assert ended(service, token)


class TestChangePassword:
    def test_every_session_ends_and_a_fresh_one_begins(self, service: InMemoryService, token: AccessToken) -> None:
        other = service.log_in()
        access = service.services.change_password(token, PASSWORD, NEW_PASSWORD)
        assert ended(service, token)
        assert ended(service, other)
        assert access
        assert not ended(service, access.token)

    def test_only_the_new_password_opens_the_account(self, service: InMemoryService, token: AccessToken) -> None:
        service.services.change_password(token, PASSWORD, NEW_PASSWORD)
        with pytest.raises(BadCredentials):
            service.services.log_in(EMAIL, PASSWORD)
        assert service.services.log_in(EMAIL, NEW_PASSWORD)

    def test_needs_the_old_one(self, service: InMemoryService, token: AccessToken) -> None:
        with pytest.raises(BadCredentials):
            service.services.change_password(token, "wrong", NEW_PASSWORD)
        assert not ended(service, token)
        assert service.services.log_in(EMAIL, PASSWORD)

    def test_is_done_also_where_no_session_can_be_opened(self, service: InMemoryService, token: AccessToken) -> None:
        with mock.patch.object(service.sessions, "open", side_effect=StoreFull("full")):
            assert service.services.change_password(token, PASSWORD, NEW_PASSWORD) is None
        assert ended(service, token)
        assert service.services.log_in(EMAIL, NEW_PASSWORD)

    def test_of_two_at_once_one_is_done_and_the_other_s_session_has_ended(
        self, service: InMemoryService, token: AccessToken
    ) -> None:
        other = service.log_in()
        hasher: Any = service.services.change_password.hasher

        def overtaken(password: str) -> str:
            with mock.patch.object(hasher, "hash", wraps=PlainPasswordHasher().hash):
                service.services.change_password(other, PASSWORD, "the first horse")
            return f"plain:{password}"

        with mock.patch.object(hasher, "hash", side_effect=overtaken), pytest.raises(AccessTokenInvalid):
            service.services.change_password(token, PASSWORD, NEW_PASSWORD)
        assert service.services.log_in(EMAIL, "the first horse")

    def test_a_hash_that_is_upgraded_meanwhile_does_not_prevent_it(
        self, service: InMemoryService, token: AccessToken
    ) -> None:
        honest: Any = service.accounts.put_credentials
        upgraded = replace(the_account(service), password_hash=f"newer:{PASSWORD}")

        def late(before: Account, after: Account) -> bool:
            service.database.accounts.setdefault(before.account_id, before)
            if after.password_hash != upgraded.password_hash and before.password_hash.startswith("plain"):
                honest(before, upgraded)
            return bool(honest(before, after))

        with mock.patch.object(service.accounts, "put_credentials", late):
            assert service.services.change_password(token, PASSWORD, NEW_PASSWORD)
        assert service.services.log_in(EMAIL, NEW_PASSWORD)

    def test_credentials_that_keep_changing_are_an_outage(self, service: InMemoryService, token: AccessToken) -> None:
        with (
            mock.patch.object(service.accounts, "put_credentials", return_value=False),
            pytest.raises(DatabaseUnavailable),
        ):
            service.services.change_password(token, PASSWORD, NEW_PASSWORD)
        assert not ended(service, token)
