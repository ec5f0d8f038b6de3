"""Logging in and out, and what ends a session."""

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
from tests.support.in_memory_service import PASSWORD, World, access_to

EMAIL = Email("maria@example.com", "maria@example.com")
NEW_PASSWORD = "another horse battery"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def token(world: World) -> AccessToken:
    return access_to(world.register(world.start()))


def ended(world: World, token: AccessToken) -> bool:
    try:
        world.services.authenticate(token)
    except AccessTokenInvalid:
        return True
    return False


def the_account(world: World) -> Account:
    [account] = world.database.accounts.values()
    return account


class TestLogIn:
    def test_opens_a_session_beside_the_others(self, world: World, token: AccessToken) -> None:
        done = world.services.log_in(EMAIL, PASSWORD)
        assert done.account == the_account(world) == world.services.authenticate(done.access.token)
        assert not ended(world, token)

    def test_an_unknown_email_and_a_wrong_password_are_refused_alike(self, world: World, token: AccessToken) -> None:
        for email, password in ((EMAIL, "wrong"), (Email("x@y.example", "x@y.example"), PASSWORD), (EMAIL, "")):
            with pytest.raises(BadCredentials):
                world.services.log_in(email, password)

    def test_the_password_is_verified_once_also_where_there_is_no_account(
        self, world: World, token: AccessToken
    ) -> None:
        hasher: Any = world.services.log_in.hasher
        for email in (EMAIL, Email("x@y.example", "x@y.example")):
            with mock.patch.object(hasher, "verify", wraps=hasher.verify) as verify, pytest.raises(BadCredentials):
                world.services.log_in(email, "wrong")
            assert verify.call_count == 1

    def test_a_hasher_that_has_too_much_to_do_is_no_refusal(self, world: World, token: AccessToken) -> None:
        hasher: Any = world.services.log_in.hasher
        with mock.patch.object(hasher, "verify", side_effect=Overloaded("full")), pytest.raises(Overloaded):
            world.services.log_in(EMAIL, PASSWORD)

    @pytest.mark.parametrize("outage", [StoreUnreachable("away"), StoreFull("full")])
    def test_needs_a_session(self, world: World, token: AccessToken, outage: Any) -> None:
        world.sessions.outage = outage
        with pytest.raises(type(outage)):
            world.services.log_in(EMAIL, PASSWORD)

    def test_an_outdated_hash_is_replaced_and_sessions_stay(self, world: World, token: AccessToken) -> None:
        newer = replace(world.services.log_in, hasher=PlainPasswordHasher("newer"))
        done = newer(EMAIL, PASSWORD)
        assert the_account(world).password_hash == f"newer:{PASSWORD}"
        assert not ended(world, token)
        assert not ended(world, done.access.token)

    def test_a_hash_that_cannot_be_replaced_now_does_not_keep_anybody_out(
        self, world: World, token: AccessToken
    ) -> None:
        newer = replace(world.services.log_in, hasher=PlainPasswordHasher("newer"))
        with mock.patch.object(world.accounts, "put_credentials", side_effect=DatabaseUnavailable("busy")):
            assert not ended(world, newer(EMAIL, PASSWORD).access.token)
        assert the_account(world).password_hash == f"plain:{PASSWORD}"

    def test_a_hash_of_a_wrong_password_is_not_replaced(self, world: World, token: AccessToken) -> None:
        newer = replace(world.services.log_in, hasher=PlainPasswordHasher("newer"))
        with pytest.raises(BadCredentials):
            newer(EMAIL, "wrong")
        assert the_account(world).password_hash == f"plain:{PASSWORD}"


class TestLogOut:
    def test_ends_this_session_and_no_other(self, world: World, token: AccessToken) -> None:
        other = world.log_in()
        world.services.log_out(token)
        assert ended(world, token)
        assert not ended(world, other)

    def test_once_more_there_is_nothing_to_end(self, world: World, token: AccessToken) -> None:
        world.services.log_out(token)
        with pytest.raises(AccessTokenInvalid):
            world.services.log_out(token)

    def test_goes_without_the_database(self, world: World, token: AccessToken) -> None:
        world.database.is_down = True
        world.services.log_out(token)
        world.database.is_down = False
        assert ended(world, token)


class TestChangePassword:
    def test_every_session_ends_and_a_fresh_one_begins(self, world: World, token: AccessToken) -> None:
        other = world.log_in()
        access = world.services.change_password(token, PASSWORD, NEW_PASSWORD)
        assert ended(world, token)
        assert ended(world, other)
        assert access
        assert not ended(world, access.token)

    def test_only_the_new_password_opens_the_account(self, world: World, token: AccessToken) -> None:
        world.services.change_password(token, PASSWORD, NEW_PASSWORD)
        with pytest.raises(BadCredentials):
            world.services.log_in(EMAIL, PASSWORD)
        assert world.services.log_in(EMAIL, NEW_PASSWORD)

    def test_needs_the_old_one(self, world: World, token: AccessToken) -> None:
        with pytest.raises(BadCredentials):
            world.services.change_password(token, "wrong", NEW_PASSWORD)
        assert not ended(world, token)
        assert world.services.log_in(EMAIL, PASSWORD)

    def test_is_done_also_where_no_session_can_be_opened(self, world: World, token: AccessToken) -> None:
        with mock.patch.object(world.sessions, "open", side_effect=StoreFull("full")):
            assert world.services.change_password(token, PASSWORD, NEW_PASSWORD) is None
        assert ended(world, token)
        assert world.services.log_in(EMAIL, NEW_PASSWORD)

    def test_of_two_at_once_one_is_done_and_the_other_s_session_has_ended(
        self, world: World, token: AccessToken
    ) -> None:
        other = world.log_in()
        hasher: Any = world.services.change_password.hasher

        def overtaken(password: str) -> str:
            with mock.patch.object(hasher, "hash", wraps=PlainPasswordHasher().hash):
                world.services.change_password(other, PASSWORD, "the first horse")
            return f"plain:{password}"

        with mock.patch.object(hasher, "hash", side_effect=overtaken), pytest.raises(AccessTokenInvalid):
            world.services.change_password(token, PASSWORD, NEW_PASSWORD)
        assert world.services.log_in(EMAIL, "the first horse")

    def test_a_hash_that_is_upgraded_meanwhile_is_no_hindrance(self, world: World, token: AccessToken) -> None:
        honest: Any = world.accounts.put_credentials
        upgraded = replace(the_account(world), password_hash=f"newer:{PASSWORD}")

        def late(before: Account, after: Account) -> bool:
            world.database.accounts.setdefault(before.account_id, before)
            if after.password_hash != upgraded.password_hash and before.password_hash.startswith("plain"):
                honest(before, upgraded)
            return bool(honest(before, after))

        with mock.patch.object(world.accounts, "put_credentials", late):
            assert world.services.change_password(token, PASSWORD, NEW_PASSWORD)
        assert world.services.log_in(EMAIL, NEW_PASSWORD)

    def test_credentials_that_keep_changing_are_an_outage(self, world: World, token: AccessToken) -> None:
        with (
            mock.patch.object(world.accounts, "put_credentials", return_value=False),
            pytest.raises(DatabaseUnavailable),
        ):
            world.services.change_password(token, PASSWORD, NEW_PASSWORD)
        assert not ended(world, token)
