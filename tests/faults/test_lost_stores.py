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
from tests.faults.mended import Mended
from tests.waiting import at_most, eventually
from tests.world import applicant

MARIA = applicant()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def quote(mended: Mended) -> Started:
    return mended.start()


def copy(mended: Mended, quote: Started) -> bytes:
    """What a replica has that knows nothing of what comes."""
    value: Any = mended.admin.dump(mended.key(quote))
    return bytes(value)


def roll_back(mended: Mended, quote: Started, value: bytes, ttl: timedelta = HOUR) -> None:
    """As a failover does, to a replica that was behind."""
    mended.admin.restore(mended.key(quote), ttl // timedelta(milliseconds=1), value, replace=True)


def test_a_registration_while_the_store_is_stopped_is_claimed_when_it_is_back(mended: Mended, quote: Started) -> None:
    mended.stop_store()
    with pytest.raises(StoreUnavailable):
        mended.services.register_and_claim(quote.quote_id, quote.token, MARIA, quote.revision)
    registered = mended.register(quote, MARIA)
    assert (registered.quote.status, registered.access) == ("pending", None)
    mended.start_store()
    assert mended.reconcile() == {"built": 1}
    replayed = mended.register(quote, MARIA)
    assert (replayed.replayed, replayed.account, replayed.quote.status) == (True, registered.account, "claimed")
    assert mended.details(quote) == quote.details
    mended.assert_claimed_once(quote)


def test_what_is_saved_while_a_quote_is_pending_is_claimed(mended: Mended, quote: Started) -> None:
    mended.register_pending(quote)
    mended.save(quote, version=2)
    mended.reconcile()
    assert mended.details(quote) == {"version": 2}
    mended.assert_claimed_once(quote)


def test_a_draft_that_expires_while_it_is_pending_is_dead_once_and_for_all(mended: Mended, quote: Started) -> None:
    mended.register_pending(quote)
    mended.admin.delete(mended.key(quote))
    assert mended.reconcile() == {"dead": 1}
    claim = mended.claim(quote.quote_id)
    assert (claim["state"], claim["cause"]) == ("dead", "expired")
    assert mended.reconcile(MINUTE) == {"cleaned": 1}
    assert mended.reconcile(timedelta(seconds=1)) == {}
    mended.reconcile_to_the_end()
    assert mended.claim(quote.quote_id)["state"] == "dead"
    mended.assert_verified()


def test_a_store_that_lost_everything_after_the_commit_changes_nothing(mended: Mended, quote: Started) -> None:
    mended.register(quote, MARIA)
    mended.admin.flushall()
    for call in (mended.services.get_quote, mended.services.discard_quote):
        with pytest.raises(QuoteAlreadyClaimed):
            call(quote.quote_id, quote.token)
    with pytest.raises(QuoteAlreadyClaimed):
        mended.save(quote, late=True)
    mended.assert_claimed_once(quote)
    assert mended.details(quote) == quote.details


def test_a_store_that_loses_everything_between_commit_and_tombstone_changes_nothing(
    mended: Mended, quote: Started
) -> None:
    with mended.stopped_at("before quotes.finish_claim", quote) as claimer:
        mended.admin.flushall()
        claimer.kill()
    mended.assert_claimed_once(quote)
    assert mended.details(quote) == quote.details


def test_a_store_that_is_rolled_back_to_before_the_claim_is_merged_by_revision(mended: Mended, quote: Started) -> None:
    before = copy(mended, quote)
    with mended.stopped_at("before quotes.finish_claim", quote) as claimer:
        roll_back(mended, quote, before)
        mended.save(quote, version=2)
        assert claimer.go_on()["status"] == "claimed"
    assert mended.details(quote) == {"version": 2}
    mended.assert_claimed_once(quote)


def test_a_store_that_is_rolled_back_to_before_the_claim_and_saved_to_is_merged_by_a_later_pass(
    mended: Mended, quote: Started
) -> None:
    before = copy(mended, quote)
    mended.register(quote, MARIA)
    mended.reconcile()
    roll_back(mended, quote, before)
    mended.save(quote, version=2)
    mended.reconcile(MINUTE)
    assert mended.details(quote) == {"version": 2}
    assert mended.state(quote) == b"T"
    mended.assert_claimed_once(quote)


def test_a_draft_that_comes_back_after_the_cleanup_goes_at_a_later_pass(mended: Mended, quote: Started) -> None:
    before = copy(mended, quote)
    mended.register(quote, MARIA)
    mended.reconcile()
    mended.reconcile(MINUTE)
    roll_back(mended, quote, before)
    assert mended.services.get_quote(quote.quote_id, quote.token).details == quote.details
    mended.reconcile(HOUR)
    assert mended.state(quote) == b"T"
    mended.assert_claimed_once(quote)


@pytest.mark.parametrize("settings", [{"QUOTES_TTL": "7d"}], ids=["ttl 7 days"])
def test_with_a_ttl_of_days_a_draft_that_comes_back_a_day_later_goes_at_the_last_pass(
    mended_with_settings: Mended,
) -> None:
    mended = mended_with_settings
    quote = mended.start()
    before = copy(mended, quote)
    mended.register(quote, MARIA)
    for after in (timedelta(seconds=30), MINUTE, HOUR, timedelta(hours=26)):
        mended.reconcile(after)
    roll_back(mended, quote, before, timedelta(days=6))
    assert mended.reconcile(timedelta(days=5)) == {}
    assert mended.state(quote) == b"O"
    assert mended.reconcile(timedelta(days=1)) == {"verified": 1}
    assert mended.state(quote) == b"T"
    mended.assert_claimed_once(quote)


def test_fifty_milliseconds_before_its_end_a_quote_is_claimed_and_after_it_is_expired(mended: Mended) -> None:
    last, late = mended.start(), mended.start()
    mended.admin.pexpire(mended.key(last), 50)
    assert mended.register(last, MARIA).quote.status == "claimed"
    mended.admin.pexpire(mended.key(late), 1)
    eventually(lambda: not mended.admin.exists(mended.key(late)))
    with pytest.raises(QuoteExpired):
        mended.register(late, applicant("late@example.com"))
    mended.assert_claimed_once(last)


def test_a_claim_lengthens_a_quote_s_life_so_that_it_cannot_end_in_between(mended: Mended, quote: Started) -> None:
    ends = time.monotonic() + 0.3
    mended.admin.pexpire(mended.key(quote), 300)
    claims = mended.services.register_and_claim.claims
    add = type(claims).add

    def slowly(self: Any, new: Any) -> None:
        eventually(lambda: time.monotonic() > ends)
        assert mended.state(quote) == b"C"
        add(self, new)

    with mock.patch.object(type(claims), "add", slowly):
        assert mended.register(quote, MARIA).quote.status == "claimed"
    mended.assert_claimed_once(quote)


@pytest.mark.parametrize("settings", [{"QUOTES_TTL": "1s", "QUOTES_MAX_AGE": "2s"}], ids=["short life"])
def test_a_quote_near_its_cap_that_is_claimed_again_and_again_ends_one_ttl_past_it(
    mended_with_settings: Mended,
) -> None:
    mended = mended_with_settings
    taken = mended.start()
    mended.register(taken, MARIA)
    quote, seen = mended.start(), set()

    def has_ended() -> bool:
        try:
            mended.register(quote, MARIA)
        except (EmailTaken, QuoteExpired) as refusal:
            seen.add(type(refusal))
        return QuoteExpired in seen

    with at_most(2 + 1 + 1):
        eventually(has_ended)
    assert seen == {EmailTaken, QuoteExpired}
    assert mended.sql.rows() == (1, 1, 1)
    mended.assert_claimed_once(taken)
