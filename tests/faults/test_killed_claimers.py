"""Claimers and reconcilers as processes that are killed (-9) or paused (SIGSTOP) in the middle of a claim."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from domain.errors import ClaimInProgress
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import applicant
from tests.support.reconciled_service import CLAIM_LEASE, LEASE, Repaired
from tests.support.waiting import at_most, eventually

MARIA = applicant()


@pytest.fixture
def quote(repaired: Repaired) -> Started:
    return repaired.start()


def register_once_free(repaired: Repaired, quote: Started, email: str = "maria@example.com") -> Registered:
    """As soon as the lease of whoever was killed has ended."""

    def registered() -> Registered | None:
        try:
            return repaired.register(quote, applicant(email))
        except ClaimInProgress:
            return None

    with at_most(LEASE.total_seconds() + 2):
        found = eventually(registered)
    assert found
    return found


def test_one_that_is_killed_before_its_commit_leaves_nothing_but_a_lease(repaired: Repaired, quote: Started) -> None:
    with repaired.stopped_at("after quotes.begin_claim", quote) as claimer:
        claimer.kill()
    with pytest.raises(ClaimInProgress) as refusal:
        repaired.save(quote, late=True)
    assert timedelta() < refusal.value.retry_after <= LEASE + timedelta(seconds=1)
    assert repaired.sql.rows() == (0, 0, 0)
    assert not register_once_free(repaired, quote).replayed
    repaired.assert_claimed_once(quote)


def test_one_that_is_killed_after_its_commit_has_claimed_and_the_same_again_replays(
    repaired: Repaired, quote: Started
) -> None:
    with repaired.stopped_at("before quotes.finish_claim", quote) as claimer:
        claimer.kill()
    assert repaired.sql.rows() == (1, 1, 1)
    assert repaired.state(quote) == b"C"
    assert repaired.reconcile() == {"cleaned": 1}
    assert repaired.state(quote) == b"T"
    assert repaired.register(quote, MARIA).replayed
    repaired.assert_claimed_once(quote)


def test_after_one_that_is_killed_after_the_tombstone_the_reconciler_changes_nothing(
    repaired: Repaired, quote: Started
) -> None:
    with repaired.stopped_at("after quotes.finish_claim", quote) as claimer:
        claimer.kill()
    before = repaired.rows("quote"), repaired.rows("account"), repaired.state(quote)
    repaired.reconcile_to_the_end()
    assert (repaired.rows("quote"), repaired.rows("account"), repaired.state(quote)) == before
    repaired.assert_claimed_once(quote)


@pytest.mark.parametrize(
    "step",
    [
        "after outbox.due",
        "after outbox.change",
        "after quotes.begin_claim",
        "after outbox.change 2",
        "after quotes.finish_claim",
        "before outbox.change 3",
    ],
)
def test_a_reconciler_that_is_killed_anywhere_is_replaced_when_its_turn_has_ended(
    repaired: Repaired, quote: Started, step: str
) -> None:
    repaired.register_pending(quote)
    repaired.age(CLAIM_LEASE / 2)
    with repaired.reconciler_stopped_at(step) as reconciler:
        reconciler.kill()
    eventually(lambda: repaired.reconcile(CLAIM_LEASE) and repaired.sql.rows() == (1, 1, 1), 10)
    assert repaired.claim(quote.quote_id)["attempts"] == 0
    repaired.assert_claimed_once(quote)


def test_of_one_that_was_paused_past_its_lease_and_another_the_other_has_the_quote(
    repaired: Repaired, quote: Started
) -> None:
    with repaired.stopped_at("after quotes.begin_claim", quote, "slow@example.com") as claimer:
        other = register_once_free(repaired, quote, "fast@example.com")
        assert claimer.go_on() == {"error": "QuoteClaimedByAnother"}
    assert repaired.rows("claim")[0]["account_id"] == other.account.account_id
    repaired.assert_claimed_once(quote)


def test_what_was_saved_while_the_claimer_was_paused_past_its_lease_is_claimed(
    repaired: Repaired, quote: Started
) -> None:
    with repaired.stopped_at("before claims.add", quote) as claimer:
        eventually(partial(saved, repaired, quote), 5)
        assert claimer.go_on()["status"] == "claimed"
    assert repaired.details(quote) == {"version": 2}
    repaired.assert_claimed_once(quote)


def saved(repaired: Repaired, quote: Started) -> bool:
    try:
        repaired.save(quote, version=2)
    except ClaimInProgress:
        return False
    return True


@pytest.mark.parametrize("step", ["after outbox.change", "before outbox.change 2", "before quotes.finish_claim"])
def test_a_reconciler_that_was_paused_past_its_turn_makes_no_second_quote_and_counts_no_second_attempt(
    repaired: Repaired, quote: Started, step: str
) -> None:
    repaired.admin.set(repaired.key(quote), b"\xff damaged", keepttl=True)
    repaired.register(quote, MARIA)
    repaired.age(CLAIM_LEASE / 2)
    with repaired.reconciler_stopped_at(step) as paused:
        before = repaired.claim(quote.quote_id)["attempts"]  # one, where the attempt itself was committed before
        assert repaired.reconcile(CLAIM_LEASE) == {"retried": 1}
        attempts = repaired.claim(quote.quote_id)["attempts"]
        paused.go_on()
    assert attempts == before + 1
    assert repaired.claim(quote.quote_id)["attempts"] == attempts
    assert repaired.rows("quote") == []
