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
from tests.support.reconciled_service import ReconciledService
from tests.support.waiting import at_most, eventually

MARIA = applicant()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def copy(reconciled: ReconciledService, quote: Started) -> bytes:
    """Return the bytes of a replica that misses all later changes."""
    value: Any = reconciled.admin.dump(reconciled.key(quote))
    return bytes(value)


def roll_back(reconciled: ReconciledService, quote: Started, value: bytes, ttl: timedelta = HOUR) -> None:
    """Put the older value back, as after a failover to a replica that was behind."""
    reconciled.admin.restore(reconciled.key(quote), ttl // timedelta(milliseconds=1), value, replace=True)


def test_a_registration_while_the_store_is_stopped_is_claimed_when_it_is_back(
    reconciled: ReconciledService, quote: Started
) -> None:
    reconciled.stop_store()
    with pytest.raises(StoreUnavailable):
        reconciled.services.register_and_claim(quote.quote_id, quote.token, MARIA, quote.revision)
    registered = reconciled.register(quote, MARIA)
    assert (registered.quote.status, registered.access) == ("pending", None)
    reconciled.start_store()
    assert reconciled.reconcile() == {"built": 1}
    replayed = reconciled.register(quote, MARIA)
    assert (replayed.replayed, replayed.account, replayed.quote.status) == (True, registered.account, "claimed")
    assert reconciled.details(quote) == quote.details
    reconciled.assert_claimed_once(quote)


def test_a_save_of_a_pending_quote_is_claimed(reconciled: ReconciledService, quote: Started) -> None:
    reconciled.register_pending(quote)
    reconciled.save(quote, version=2)
    reconciled.reconcile()
    assert reconciled.details(quote) == {"version": 2}
    reconciled.assert_claimed_once(quote)


def test_a_draft_that_expires_while_it_is_pending_is_dead_once_and_for_all(
    reconciled: ReconciledService, quote: Started
) -> None:
    reconciled.register_pending(quote)
    reconciled.admin.delete(reconciled.key(quote))
    assert reconciled.reconcile() == {"dead": 1}
    claim = reconciled.claim(quote.quote_id)
    assert (claim["state"], claim["cause"]) == ("dead", "expired")
    assert reconciled.reconcile(MINUTE) == {"cleaned": 1}
    assert reconciled.reconcile(timedelta(seconds=1)) == {}
    reconciled.reconcile_to_the_end()
    assert reconciled.claim(quote.quote_id)["state"] == "dead"
    reconciled.assert_verified()


def test_a_store_that_lost_everything_after_the_commit_changes_nothing(
    reconciled: ReconciledService, quote: Started
) -> None:
    reconciled.register(quote, MARIA)
    reconciled.admin.flushall()
    for call in (reconciled.services.get_quote, reconciled.services.discard_quote):
        with pytest.raises(QuoteAlreadyClaimed):
            call(quote.quote_id, quote.token)
    with pytest.raises(QuoteAlreadyClaimed):
        reconciled.save(quote, late=True)
    reconciled.assert_claimed_once(quote)
    assert reconciled.details(quote) == quote.details


def test_a_store_that_loses_everything_between_commit_and_tombstone_changes_nothing(
    reconciled: ReconciledService, quote: Started
) -> None:
    with reconciled.stopped_at("before quotes.finish_claim", quote) as claimer:
        reconciled.admin.flushall()
        claimer.kill()
    reconciled.assert_claimed_once(quote)
    assert reconciled.details(quote) == quote.details


def test_a_store_that_is_rolled_back_to_before_the_claim_is_merged_by_revision(
    reconciled: ReconciledService, quote: Started
) -> None:
    before = copy(reconciled, quote)
    with reconciled.stopped_at("before quotes.finish_claim", quote) as claimer:
        roll_back(reconciled, quote, before)
        reconciled.save(quote, version=2)
        assert claimer.go_on()["status"] == "claimed"
    assert reconciled.details(quote) == {"version": 2}
    reconciled.assert_claimed_once(quote)


def test_a_store_that_is_rolled_back_to_before_the_claim_and_saved_to_is_merged_by_a_later_pass(
    reconciled: ReconciledService, quote: Started
) -> None:
    before = copy(reconciled, quote)
    reconciled.register(quote, MARIA)
    reconciled.reconcile()
    roll_back(reconciled, quote, before)
    reconciled.save(quote, version=2)
    reconciled.reconcile(MINUTE)
    assert reconciled.details(quote) == {"version": 2}
    assert reconciled.state(quote) == b"T"
    reconciled.assert_claimed_once(quote)


def test_a_draft_that_comes_back_after_the_cleanup_goes_at_a_later_pass(
    reconciled: ReconciledService, quote: Started
) -> None:
    before = copy(reconciled, quote)
    reconciled.register(quote, MARIA)
    reconciled.reconcile()
    reconciled.reconcile(MINUTE)
    roll_back(reconciled, quote, before)
    assert reconciled.services.get_quote(quote.quote_id, quote.token).details == quote.details
    reconciled.reconcile(HOUR)
    assert reconciled.state(quote) == b"T"
    reconciled.assert_claimed_once(quote)


@pytest.mark.parametrize("settings", [{"QUOTES_TTL": "7d"}], ids=["ttl 7 days"])
def test_with_a_ttl_of_days_a_draft_that_comes_back_a_day_later_goes_at_the_last_pass(
    reconciled_with_settings: ReconciledService,
) -> None:
    reconciled = reconciled_with_settings
    quote = reconciled.start()
    before = copy(reconciled, quote)
    reconciled.register(quote, MARIA)
    for after in (timedelta(seconds=30), MINUTE, HOUR, timedelta(hours=26)):
        reconciled.reconcile(after)
    roll_back(reconciled, quote, before, timedelta(days=6))
    assert reconciled.reconcile(timedelta(days=5)) == {}
    assert reconciled.state(quote) == b"O"
    assert reconciled.reconcile(timedelta(days=1)) == {"verified": 1}
    assert reconciled.state(quote) == b"T"
    reconciled.assert_claimed_once(quote)


def test_a_moment_before_its_end_a_quote_is_claimed_and_after_it_is_expired(
    reconciled: ReconciledService,
) -> None:
    last, late = reconciled.start(), reconciled.start()
    reconciled.admin.pexpire(reconciled.key(last), 2000)
    assert reconciled.register(last, MARIA).quote.status == "claimed"
    reconciled.admin.pexpire(reconciled.key(late), 1)
    eventually(lambda: not reconciled.admin.exists(reconciled.key(late)))
    with pytest.raises(QuoteExpired):
        reconciled.register(late, applicant("late@example.com"))
    reconciled.assert_claimed_once(last)


def test_a_claim_lengthens_a_quote_s_life_so_that_it_cannot_end_in_between(
    reconciled: ReconciledService, quote: Started
) -> None:
    reconciled.admin.pexpire(reconciled.key(quote), 2000)
    ends = time.monotonic() + 2
    claims = reconciled.services.register_and_claim.claims
    add = type(claims).add

    def slowly(self: Any, new: Any) -> None:
        eventually(lambda: time.monotonic() > ends)
        assert reconciled.state(quote) == b"C"
        add(self, new)

    with mock.patch.object(type(claims), "add", slowly):
        assert reconciled.register(quote, MARIA).quote.status == "claimed"
    reconciled.assert_claimed_once(quote)


@pytest.mark.parametrize("settings", [{"QUOTES_TTL": "2s", "QUOTES_MAX_AGE": "4s"}], ids=["short life"])
def test_a_quote_near_its_cap_that_is_claimed_again_and_again_ends_one_ttl_past_it(
    reconciled_with_settings: ReconciledService,
) -> None:
    reconciled = reconciled_with_settings
    taken = reconciled.start()
    reconciled.register(taken, MARIA)
    quote, seen = reconciled.start(), set()

    def has_ended() -> bool:
        try:
            reconciled.register(quote, MARIA)
        except (EmailTaken, QuoteExpired) as refusal:
            seen.add(type(refusal))
        return QuoteExpired in seen

    with at_most(4 + 2 + 5):  # five seconds for a slow machine
        eventually(has_ended)
    assert seen == {EmailTaken, QuoteExpired}
    assert reconciled.sql.rows() == (1, 1, 1)
    reconciled.assert_claimed_once(taken)
