"""A customer asks for all that is kept, or wants to be forgotten."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from domain.claims import ClaimState, QuoteStatus
from domain.errors import AccessTokenInvalid, BadCredentials, DatabaseUnavailable, StoreUnreachable
from domain.model import AccessToken, Draft
from domain.use_cases.start_quote import Started
from tests.doubles.quotes import CORRUPT
from tests.support.in_memory_service import PASSWORD, World, access_to, applicant


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def quote(world: World) -> Started:
    return world.start("motor", make="Seat")


class TestExport:
    def test_has_the_account_its_quotes_and_the_number_of_its_sessions(self, world: World, quote: Started) -> None:
        registered = world.register(quote)
        world.log_in()
        exported = world.services.export_account(access_to(registered))
        assert registered.account == exported.account
        assert [(item.quote.quote_id, item.quote.details) for item in exported.quotes] == [
            (quote.quote_id, quote.details)
        ]
        assert (exported.sessions, exported.exported_at) == (2, world.clock.now())

    def test_has_all_of_more_quotes_than_are_read_at_once(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))
        for _ in range(250):
            other = world.start()
            world.services.claim_quote(other.quote_id, other.token, token)
        assert {item.quote.quote_id for item in world.services.export_account(token).quotes} == set(
            world.database.claims
        )

    def test_has_a_draft_that_could_not_be_made_a_quote(self, world: World, quote: Started) -> None:
        world.database.refuse_quotes = True
        [item] = world.services.export_account(access_to(world.register(quote))).quotes
        assert (item.quote.status, item.draft, item.unreadable) == (
            QuoteStatus.PENDING,
            Draft("motor", quote.details),
            None,
        )

    def test_has_the_bytes_of_one_that_cannot_be_read(self, world: World, quote: Started) -> None:
        world.quotes.corrupt(world.ref(quote))
        [item] = world.services.export_account(access_to(world.register(quote))).quotes
        assert (item.draft, item.unreadable) == (None, CORRUPT)

    def test_has_nothing_of_others(self, world: World, quote: Started) -> None:
        world.register(quote)
        other = access_to(world.register(world.start(), applicant("bob@example.com")))
        exported = world.services.export_account(other)
        assert exported.account.email.address == "bob@example.com"
        assert quote.quote_id not in [item.quote.quote_id for item in exported.quotes]
        assert exported.sessions == 1


class TestErasure:
    def test_account_quotes_and_sessions_are_gone(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))
        world.services.erase_account(token, PASSWORD)
        assert not world.database.accounts
        assert not world.database.quotes
        assert world.claim(quote).state is ClaimState.DISCARDED
        assert world.sessions.find(token) is None
        with pytest.raises(AccessTokenInvalid):
            world.services.authenticate(token)

    def test_needs_the_password(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))
        with pytest.raises(BadCredentials):
            world.services.erase_account(token, "wrong")
        assert world.services.authenticate(token)

    def test_is_not_done_by_who_has_the_old_password_once_it_has_changed(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))
        hasher: Any = world.services.erase_account.hasher

        def late(password_hash: str, password: str) -> bool:
            with mock.patch.object(hasher, "verify", return_value=True):
                world.services.change_password(token, PASSWORD, "another horse battery")
            return True

        with mock.patch.object(hasher, "verify", side_effect=late), pytest.raises(AccessTokenInvalid):
            world.services.erase_account(token, PASSWORD)
        assert world.database.accounts
        assert quote.quote_id in world.database.quotes

    def test_needs_a_session(self, world: World, quote: Started) -> None:
        world.register(quote)
        with pytest.raises(AccessTokenInvalid):
            world.services.erase_account(AccessToken("at_x"), PASSWORD)
        assert world.database.accounts

    def test_is_done_though_the_sessions_cannot_be_deleted_now(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))
        with mock.patch.object(world.sessions, "close_all", side_effect=StoreUnreachable("away")):
            world.services.erase_account(token, PASSWORD)
        assert not world.database.accounts
        with pytest.raises(AccessTokenInvalid):
            world.services.authenticate(token)

    def test_is_not_done_while_the_database_is_away(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))
        with (
            mock.patch.object(world.accounts, "erase", side_effect=DatabaseUnavailable("down")),
            pytest.raises(DatabaseUnavailable),
        ):
            world.services.erase_account(token, PASSWORD)
        assert world.services.authenticate(token)
