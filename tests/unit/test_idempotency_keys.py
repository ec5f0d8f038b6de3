"""Registrations with an idempotency key: repeated requests, and other requests with the same key."""

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
from tests.support.in_memory_service import InMemoryService, access_to, applicant

KEY, OTHER_KEY = "5f6f2c5e", "another"
RENAMED = applicant(name="Marie")


def register_with_key(
    service: InMemoryService,
    quote: Started,
    who: Applicant | None = None,
    key: str | None = KEY,
    token: str | None = None,
) -> Registered:
    return service.register(quote, who, key=key, token=token)


def rows(service: InMemoryService) -> list[dict[Any, Any]]:
    database = service.database
    return [dict(database.accounts), dict(database.claims), dict(database.quotes)]


def test_the_same_request_again_is_answered_again_with_a_fresh_session(
    service: InMemoryService, quote: Started
) -> None:
    first = register_with_key(service, quote)
    before = rows(service)
    again = register_with_key(service, quote)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.account, again.quote) == (first.account, first.quote)
    assert access_to(again) != access_to(first)
    assert service.services.authenticate(access_to(again)) == first.account
    assert rows(service) == before


def test_a_repeated_request_is_found_before_any_work_is_done_for_it(service: InMemoryService, quote: Started) -> None:
    register_with_key(service, quote)
    hasher: Any = service.services.register_and_claim.hasher
    service.quotes.outage = StoreUnreachable("away")
    with mock.patch.object(hasher, "hash", side_effect=AssertionError("a password was hashed for nothing")):
        assert register_with_key(service, quote).replayed


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
    service: InMemoryService, quote: Started, other: Applicant
) -> None:
    register_with_key(service, quote)
    before = rows(service)
    with pytest.raises(IdempotencyKeyReused):
        register_with_key(service, quote, other)
    assert rows(service) == before


def test_another_key_of_the_same_person_is_the_same_registration(service: InMemoryService, quote: Started) -> None:
    first = register_with_key(service, quote)
    for key in (OTHER_KEY, None):
        again = register_with_key(service, quote, RENAMED, key)
        assert (again.account, again.replayed) == (first.account, True)
    assert register_with_key(service, quote).replayed, "the first key still stands for the first request"


def test_a_registration_without_a_key_is_repeated_with_one(service: InMemoryService, quote: Started) -> None:
    first = register_with_key(service, quote, key=None)
    assert service.claim(quote).request is None
    again = register_with_key(service, quote)
    assert (again.account, again.replayed) == (first.account, True)


def test_the_password_is_not_in_the_mark_but_a_wrong_password_opens_nothing(
    service: InMemoryService, quote: Started
) -> None:
    register_with_key(service, quote)
    for key in (KEY, OTHER_KEY, None):
        with pytest.raises(QuoteClaimedByAnother):
            register_with_key(service, quote, applicant(password="another horse battery"), key)
    assert service.sessions.count(next(iter(service.database.accounts.values()))) == 1


def test_a_key_opens_nothing_without_the_quote_s_token(service: InMemoryService, quote: Started) -> None:
    register_with_key(service, quote)
    with pytest.raises(QuoteNotFound):
        register_with_key(service, quote, token=service.start().token)


def test_a_key_is_that_of_one_quote(service: InMemoryService, quote: Started) -> None:
    other = service.start()
    first, second = register_with_key(service, quote), register_with_key(service, other, applicant("other@example.com"))
    assert (first.replayed, second.replayed) == (False, False)
    marks = [service.claim(each).request for each in (quote, other)]
    assert marks[0]
    assert marks[1]
    assert marks[0].key_hash != marks[1].key_hash


@pytest.mark.parametrize("is_erased", [True, False], ids=["account erased", "quote deleted"])
def test_the_key_of_a_discarded_claim_replays_nothing(
    service: InMemoryService, quote: Started, is_erased: bool
) -> None:
    token = access_to(register_with_key(service, quote))
    if is_erased:
        service.services.erase_account(token, applicant().password)
    else:
        service.services.discard_account_quote(token, quote.quote_id)
    assert (service.claim(quote).state, service.claim(quote).request) == (ClaimState.DISCARDED, None)
    for who in (applicant(), RENAMED, applicant("other@example.com")):
        with pytest.raises(QuoteClaimedByAnother):
            register_with_key(service, quote, who)


def test_while_the_database_is_away_it_can_be_sent_again_and_then_is_done(
    service: InMemoryService, quote: Started
) -> None:
    service.database.is_down = True
    with pytest.raises(DatabaseUnavailable):
        register_with_key(service, quote)
    service.database.is_down = False
    assert not register_with_key(service, quote).replayed
    service.database.is_down = True
    with pytest.raises(DatabaseUnavailable):
        register_with_key(service, quote)
    service.database.is_down = False
    assert register_with_key(service, quote).replayed
    with pytest.raises(IdempotencyKeyReused):
        register_with_key(service, quote, RENAMED)


def test_a_reused_key_is_refused_though_the_database_is_back_only_at_the_commit(
    service: InMemoryService, quote: Started
) -> None:
    register_with_key(service, quote)
    owner, outages = service.claims.with_account, [DatabaseUnavailable("away")]

    def away_at_first(*args: Any) -> Any:
        if outages:
            raise outages.pop()
        return owner(*args)

    with (
        mock.patch.object(service.claims, "with_account", side_effect=away_at_first),
        pytest.raises(IdempotencyKeyReused),
    ):
        register_with_key(service, quote, RENAMED)
    outages.append(DatabaseUnavailable("away"))
    with mock.patch.object(service.claims, "with_account", side_effect=away_at_first):
        assert register_with_key(service, quote).replayed


def test_a_commit_whose_answer_is_lost_is_repeated_and_found(service: InMemoryService, quote: Started) -> None:
    service.database.lose_next_commit = "applied"
    with pytest.raises(DatabaseUnavailable):
        register_with_key(service, quote)
    again = register_with_key(service, quote)
    assert again.replayed
    assert len(service.database.accounts) == 1


def test_a_pending_registration_keeps_its_key_until_its_quote_is_there(
    service: InMemoryService, quote: Started
) -> None:
    service.quotes.outage = StoreUnreachable("away")
    assert register_with_key(service, quote).quote.status == "pending"
    with pytest.raises(IdempotencyKeyReused):
        register_with_key(service, quote, RENAMED)
    service.quotes.outage = None
    service.reconcile_until_settled()
    assert register_with_key(service, quote).quote.status == "claimed"
    with pytest.raises(IdempotencyKeyReused):
        register_with_key(service, quote, RENAMED)


def test_neither_the_key_nor_the_body_is_kept_in_clear(service: InMemoryService, quote: Started) -> None:
    register_with_key(service, quote, key="maria-at-example")
    stored = repr(service.claim(quote))
    assert [text for text in ("maria-at-example", "maria@example.com", "Maria", "battery") if text in stored] == []
