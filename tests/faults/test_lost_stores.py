"""A store that is stopped, emptied, or rolled back to an older copy, before, during and after a claim."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from domain.errors import (
    EmailTaken,
    QuoteAlreadyClaimed,
    QuoteExpired,
    StoreUnavailable,
)
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import applicant
from tests.support.reconciled_service import Repaired
from tests.support.waiting import at_most, eventually

MARIA = applicant()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def quote(repaired: Repaired) -> Started:
    return repaired.start()


def copy(repaired: Repaired, quote: Started) -> bytes:
    """What a replica has that knows nothing of what comes."""
    value: Any = repaired.admin.dump(repaired.key(quote))
    return bytes(value)


def roll_back(repaired: Repaired, quote: Started, value: bytes, ttl: timedelta = HOUR) -> None:
    """As a failover does, to a replica that was behind."""
    repaired.admin.restore(repaired.key(quote), ttl // timedelta(milliseconds=1), value, replace=True)


def test_a_registration_while_the_store_is_stopped_is_claimed_when_it_is_back(
    repaired: Repaired, quote: Started
) -> None:
    repaired.stop_store()
    with pytest.raises(StoreUnavailable):
        repaired.services.register_and_claim(quote.quote_id, quote.token, MARIA, quote.revision)
    registered = repaired.register(quote, MARIA)
    assert (registered.quote.status, registered.access) == ("pending", None)
    repaired.start_store()
    assert repaired.reconcile() == {"built": 1}
    replayed = repaired.register(quote, MARIA)
    assert (replayed.replayed, replayed.account, replayed.quote.status) == (True, registered.account, "claimed")
    assert repaired.details(quote) == quote.details
    repaired.assert_claimed_once(quote)


def test_what_is_saved_while_a_quote_is_pending_is_claimed(repaired: Repaired, quote: Started) -> None:
    repaired.register_pending(quote)
    repaired.save(quote, version=2)
    repaired.reconcile()
    assert repaired.details(quote) == {"version": 2}
    repaired.assert_claimed_once(quote)


def test_a_draft_that_expires_while_it_is_pending_is_dead_once_and_for_all(repaired: Repaired, quote: Started) -> None:
    repaired.register_pending(quote)
    repaired.admin.delete(repaired.key(quote))
    assert repaired.reconcile() == {"dead": 1}
    claim = repaired.claim(quote.quote_id)
    assert (claim["state"], claim["cause"]) == ("dead", "expired")
    assert repaired.reconcile(MINUTE) == {"cleaned": 1}
    assert repaired.reconcile(timedelta(seconds=1)) == {}
    repaired.reconcile_to_the_end()
    assert repaired.claim(quote.quote_id)["state"] == "dead"
    repaired.assert_verified()


def test_a_store_that_lost_everything_after_the_commit_changes_nothing(repaired: Repaired, quote: Started) -> None:
    repaired.register(quote, MARIA)
    repaired.admin.flushall()
    for call in (repaired.services.get_quote, repaired.services.discard_quote):
        with pytest.raises(QuoteAlreadyClaimed):
            call(quote.quote_id, quote.token)
    with pytest.raises(QuoteAlreadyClaimed):
        repaired.save(quote, late=True)
    repaired.assert_claimed_once(quote)
    assert repaired.details(quote) == quote.details


def test_a_store_that_loses_everything_between_commit_and_tombstone_changes_nothing(
    repaired: Repaired, quote: Started
) -> None:
    with repaired.stopped_at("before quotes.finish_claim", quote) as claimer:
        repaired.admin.flushall()
        claimer.kill()
    repaired.assert_claimed_once(quote)
    assert repaired.details(quote) == quote.details


def test_a_store_that_is_rolled_back_to_before_the_claim_is_merged_by_revision(
    repaired: Repaired, quote: Started
) -> None:
    before = copy(repaired, quote)
    with repaired.stopped_at("before quotes.finish_claim", quote) as claimer:
        roll_back(repaired, quote, before)
        repaired.save(quote, version=2)
        assert claimer.go_on()["status"] == "claimed"
    assert repaired.details(quote) == {"version": 2}
    repaired.assert_claimed_once(quote)


def test_a_store_that_is_rolled_back_to_before_the_claim_and_saved_to_is_merged_by_a_later_pass(
    repaired: Repaired, quote: Started
) -> None:
    before = copy(repaired, quote)
    repaired.register(quote, MARIA)
    repaired.reconcile()
    roll_back(repaired, quote, before)
    repaired.save(quote, version=2)
    repaired.reconcile(MINUTE)
    assert repaired.details(quote) == {"version": 2}
    assert repaired.state(quote) == b"T"
    repaired.assert_claimed_once(quote)


def test_a_draft_that_comes_back_after_the_cleanup_goes_at_a_later_pass(repaired: Repaired, quote: Started) -> None:
    before = copy(repaired, quote)
    repaired.register(quote, MARIA)
    repaired.reconcile()
    repaired.reconcile(MINUTE)
    roll_back(repaired, quote, before)
    assert repaired.services.get_quote(quote.quote_id, quote.token).details == quote.details
    repaired.reconcile(HOUR)
    assert repaired.state(quote) == b"T"
    repaired.assert_claimed_once(quote)


@pytest.mark.parametrize("settings", [{"QUOTES_TTL": "7d"}], ids=["ttl 7 days"])
def test_with_a_ttl_of_days_a_draft_that_comes_back_a_day_later_goes_at_the_last_pass(
    repaired_with_settings: Repaired,
) -> None:
    repaired = repaired_with_settings
    quote = repaired.start()
    before = copy(repaired, quote)
    repaired.register(quote, MARIA)
    for after in (timedelta(seconds=30), MINUTE, HOUR, timedelta(hours=26)):
        repaired.reconcile(after)
    roll_back(repaired, quote, before, timedelta(days=6))
    assert repaired.reconcile(timedelta(days=5)) == {}
    assert repaired.state(quote) == b"O"
    assert repaired.reconcile(timedelta(days=1)) == {"verified": 1}
    assert repaired.state(quote) == b"T"
    repaired.assert_claimed_once(quote)


def test_fifty_milliseconds_before_its_end_a_quote_is_claimed_and_after_it_is_expired(repaired: Repaired) -> None:
    last, late = repaired.start(), repaired.start()
    repaired.admin.pexpire(repaired.key(last), 50)
    assert repaired.register(last, MARIA).quote.status == "claimed"
    repaired.admin.pexpire(repaired.key(late), 1)
    eventually(lambda: not repaired.admin.exists(repaired.key(late)))
    with pytest.raises(QuoteExpired):
        repaired.register(late, applicant("late@example.com"))
    repaired.assert_claimed_once(last)


def test_a_claim_lengthens_a_quote_s_life_so_that_it_cannot_end_in_between(repaired: Repaired, quote: Started) -> None:
    ends = time.monotonic() + 0.3
    repaired.admin.pexpire(repaired.key(quote), 300)
    claims = repaired.services.register_and_claim.claims
    add = type(claims).add

    def slowly(self: Any, new: Any) -> None:
        eventually(lambda: time.monotonic() > ends)
        assert repaired.state(quote) == b"C"
        add(self, new)

    with mock.patch.object(type(claims), "add", slowly):
        assert repaired.register(quote, MARIA).quote.status == "claimed"
    repaired.assert_claimed_once(quote)


@pytest.mark.parametrize("settings", [{"QUOTES_TTL": "1s", "QUOTES_MAX_AGE": "2s"}], ids=["short life"])
def test_a_quote_near_its_cap_that_is_claimed_again_and_again_ends_one_ttl_past_it(
    repaired_with_settings: Repaired,
) -> None:
    repaired = repaired_with_settings
    taken = repaired.start()
    repaired.register(taken, MARIA)
    quote, seen = repaired.start(), set()

    def has_ended() -> bool:
        try:
            repaired.register(quote, MARIA)
        except (EmailTaken, QuoteExpired) as refusal:
            seen.add(type(refusal))
        return QuoteExpired in seen

    with at_most(2 + 1 + 1):
        eventually(has_ended)
    assert seen == {EmailTaken, QuoteExpired}
    assert repaired.sql.rows() == (1, 1, 1)
    repaired.assert_claimed_once(taken)
