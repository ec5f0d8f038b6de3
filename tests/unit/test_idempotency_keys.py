"""A registration with an Idempotency-Key: what is the same request, and what is another one with its key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from domain.claims import ClaimState
from domain.errors import (
    DatabaseUnavailable,
    IdempotencyKeyReused,
    QuoteClaimedByAnother,
    QuoteNotFound,
    StoreUnreachable,
)
from domain.model import Applicant
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import World, access_to, applicant

KEY, OTHER_KEY = "5f6f2c5e", "another"
RENAMED = applicant(name="Marie")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def quote(world: World) -> Started:
    return world.start("motor", vehicle={"make": "Seat"})


def register(
    world: World, quote: Started, who: Applicant | None = None, key: str | None = KEY, token: str | None = None
) -> Registered:
    return world.services.register_and_claim(quote.quote_id, token or quote.token, who or applicant(), key=key)


def rows(world: World) -> list[dict[Any, Any]]:
    database = world.database
    return [dict(database.accounts), dict(database.claims), dict(database.quotes)]


def test_the_same_request_again_is_answered_again_with_a_fresh_session(world: World, quote: Started) -> None:
    first = register(world, quote)
    before = rows(world)
    again = register(world, quote)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.account, again.quote) == (first.account, first.quote)
    assert access_to(again) != access_to(first)
    assert world.services.authenticate(access_to(again)) == first.account
    assert rows(world) == before


def test_a_repeated_request_is_found_before_any_work_is_done_for_it(world: World, quote: Started) -> None:
    register(world, quote)
    hasher: Any = world.services.register_and_claim.hasher
    world.quotes.outage = StoreUnreachable("away")
    with mock.patch.object(hasher, "hash", side_effect=AssertionError("a password was hashed for nothing")):
        assert register(world, quote).replayed


@pytest.mark.parametrize(
    "other",
    [
        applicant("other@example.com"),
        RENAMED,
        applicant(name=None),
        applicant("MARIA@example.com"),
        replace(applicant("other@example.com"), password="wrong wrong wrong"),
    ],
    ids=["e-mail", "name", "no name", "the e-mail typed otherwise", "everything"],
)
def test_the_same_key_with_another_request_is_refused_and_nothing_changes(
    world: World, quote: Started, other: Applicant
) -> None:
    register(world, quote)
    before = rows(world)
    with pytest.raises(IdempotencyKeyReused):
        register(world, quote, other)
    assert rows(world) == before


def test_another_key_of_the_same_person_is_the_same_registration(world: World, quote: Started) -> None:
    first = register(world, quote)
    for key in (OTHER_KEY, None):
        again = register(world, quote, RENAMED, key)
        assert (again.account, again.replayed) == (first.account, True)
    assert register(world, quote).replayed, "the first key still stands for the first request"


def test_a_registration_without_a_key_is_repeated_with_one(world: World, quote: Started) -> None:
    first = register(world, quote, key=None)
    assert world.claim(quote).request is None
    again = register(world, quote)
    assert (again.account, again.replayed) == (first.account, True)


def test_the_password_is_no_part_of_the_mark_but_a_wrong_one_opens_nothing(world: World, quote: Started) -> None:
    register(world, quote)
    for key in (KEY, OTHER_KEY, None):
        with pytest.raises(QuoteClaimedByAnother):
            register(world, quote, applicant(password="another horse battery"), key)
    assert world.sessions.count(next(iter(world.database.accounts.values()))) == 1


def test_a_key_opens_nothing_without_the_quote_s_token(world: World, quote: Started) -> None:
    register(world, quote)
    with pytest.raises(QuoteNotFound):
        register(world, quote, token=world.start().token)


def test_a_key_is_that_of_one_quote(world: World, quote: Started) -> None:
    other = world.start()
    first, second = register(world, quote), register(world, other, applicant("other@example.com"))
    assert (first.replayed, second.replayed) == (False, False)
    marks = [world.claim(each).request for each in (quote, other)]
    assert marks[0]
    assert marks[1]
    assert marks[0].key_hash != marks[1].key_hash


@pytest.mark.parametrize("is_erased", [True, False], ids=["account erased", "quote deleted"])
def test_a_key_whose_claim_was_discarded_stands_for_nothing_any_more(
    world: World, quote: Started, is_erased: bool
) -> None:
    token = access_to(register(world, quote))
    if is_erased:
        world.services.erase_account(token, applicant().password)
    else:
        world.services.discard_account_quote(token, quote.quote_id)
    assert (world.claim(quote).state, world.claim(quote).request) == (ClaimState.DISCARDED, None)
    for who in (applicant(), RENAMED, applicant("other@example.com")):
        with pytest.raises(QuoteClaimedByAnother):
            register(world, quote, who)


def test_while_the_database_is_away_it_can_be_sent_again_and_then_is_done(world: World, quote: Started) -> None:
    world.database.is_down = True
    with pytest.raises(DatabaseUnavailable):
        register(world, quote)
    world.database.is_down = False
    assert not register(world, quote).replayed
    world.database.is_down = True
    with pytest.raises(DatabaseUnavailable):
        register(world, quote)
    world.database.is_down = False
    assert register(world, quote).replayed
    with pytest.raises(IdempotencyKeyReused):
        register(world, quote, RENAMED)


def test_a_database_that_is_back_before_the_commit_settles_what_was_asked_for_at_first(
    world: World, quote: Started
) -> None:
    register(world, quote)
    owner, outages = world.claims.with_account, [DatabaseUnavailable("away")]

    def away_at_first(*args: Any) -> Any:
        if outages:
            raise outages.pop()
        return owner(*args)

    with (
        mock.patch.object(world.claims, "with_account", side_effect=away_at_first),
        pytest.raises(IdempotencyKeyReused),
    ):
        register(world, quote, RENAMED)
    outages.append(DatabaseUnavailable("away"))
    with mock.patch.object(world.claims, "with_account", side_effect=away_at_first):
        assert register(world, quote).replayed


def test_a_commit_whose_answer_is_lost_is_repeated_and_found(world: World, quote: Started) -> None:
    world.database.lose_next_commit = "applied"
    with pytest.raises(DatabaseUnavailable):
        register(world, quote)
    again = register(world, quote)
    assert again.replayed
    assert len(world.database.accounts) == 1


def test_a_pending_registration_keeps_its_key_until_its_quote_is_there(world: World, quote: Started) -> None:
    world.quotes.outage = StoreUnreachable("away")
    assert register(world, quote).quote.status == "pending"
    with pytest.raises(IdempotencyKeyReused):
        register(world, quote, RENAMED)
    world.quotes.outage = None
    world.reconcile_until_settled()
    assert register(world, quote).quote.status == "claimed"
    with pytest.raises(IdempotencyKeyReused):
        register(world, quote, RENAMED)


def test_neither_the_key_nor_what_was_asked_for_is_kept_in_clear(world: World, quote: Started) -> None:
    register(world, quote, key="maria-at-example")
    kept = repr(world.claim(quote))
    assert [text for text in ("maria-at-example", "maria@example.com", "Maria", "battery") if text in kept] == []
