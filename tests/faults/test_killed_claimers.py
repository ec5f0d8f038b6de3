"""Claimers and reconcilers as processes that are killed (-9) or paused (SIGSTOP) in the middle of a claim."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from domain.errors import ClaimInProgress
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import applicant
from tests.support.reconciled_service import CLAIM_LEASE, LEASE, ReconciledService
from tests.support.waiting import at_most, eventually

MARIA = applicant()
LONG_LEASE = timedelta(seconds=5)
"""Long enough for a slow machine to kill the claimer and to save while the lease lasts."""
SLOWNESS = 10
"""Seconds that a registration may take beyond the lease, on a slow machine."""


def register_once_free(reconciled: ReconciledService, quote: Started, email: str = "maria@example.com") -> Registered:
    """Register as soon as the lease of the killed claimer has ended."""

    def registered() -> Registered | None:
        try:
            return reconciled.register(quote, applicant(email))
        except ClaimInProgress:
            return None

    with at_most(LEASE.total_seconds() + SLOWNESS):
        found = eventually(registered)
    assert found
    return found


def test_a_claimer_killed_before_its_commit_leaves_only_a_lease(reconciled: ReconciledService, quote: Started) -> None:
    with reconciled.stopped_at("after quotes.begin_claim", quote, lease=LONG_LEASE) as claimer:
        claimer.kill()
    with pytest.raises(ClaimInProgress) as refusal:
        reconciled.save(quote, late=True)
    assert timedelta() < refusal.value.retry_after <= LONG_LEASE + timedelta(seconds=1)
    assert reconciled.sql.rows() == (0, 0, 0)
    assert not register_once_free(reconciled, quote).replayed
    reconciled.assert_claimed_once(quote)


def test_a_claimer_killed_after_its_commit_has_claimed_and_a_repeat_is_a_replay(
    reconciled: ReconciledService, quote: Started
) -> None:
    with reconciled.stopped_at("before quotes.finish_claim", quote) as claimer:
        claimer.kill()
    assert reconciled.sql.rows() == (1, 1, 1)
    assert reconciled.state(quote) == b"C"
    assert reconciled.reconcile() == {"cleaned": 1}
    assert reconciled.state(quote) == b"T"
    assert reconciled.register(quote, MARIA).replayed
    reconciled.assert_claimed_once(quote)


def test_a_claimer_killed_after_the_tombstone_leaves_nothing_to_reconcile(
    reconciled: ReconciledService, quote: Started
) -> None:
    with reconciled.stopped_at("after quotes.finish_claim", quote) as claimer:
        claimer.kill()
    before = reconciled.rows("quote"), reconciled.rows("account"), reconciled.state(quote)
    reconciled.reconcile_to_the_end()
    assert (reconciled.rows("quote"), reconciled.rows("account"), reconciled.state(quote)) == before
    reconciled.assert_claimed_once(quote)


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
    reconciled: ReconciledService, quote: Started, step: str
) -> None:
    reconciled.register_pending(quote)
    reconciled.age(CLAIM_LEASE / 2)
    with reconciled.reconciler_stopped_at(step) as reconciler:
        reconciler.kill()
    eventually(lambda: reconciled.reconcile(CLAIM_LEASE) and reconciled.sql.rows() == (1, 1, 1))
    assert reconciled.claim(quote.quote_id)["attempts"] == 0
    reconciled.assert_claimed_once(quote)


def test_of_a_claimer_paused_past_its_lease_and_another_the_other_gets_the_quote(
    reconciled: ReconciledService, quote: Started
) -> None:
    with reconciled.stopped_at("after quotes.begin_claim", quote, "slow@example.com") as claimer:
        other = register_once_free(reconciled, quote, "fast@example.com")
        assert claimer.go_on() == {"error": "QuoteClaimedByAnother"}
    assert reconciled.rows("claim")[0]["account_id"] == other.account.account_id
    reconciled.assert_claimed_once(quote)


def test_a_save_while_the_claimer_was_paused_past_its_lease_is_claimed(
    reconciled: ReconciledService, quote: Started
) -> None:
    with reconciled.stopped_at("before claims.add", quote) as claimer:
        eventually(partial(saved, reconciled, quote))
        assert claimer.go_on()["status"] == "claimed"
    assert reconciled.details(quote) == {"version": 2}
    reconciled.assert_claimed_once(quote)


def saved(reconciled: ReconciledService, quote: Started) -> bool:
    try:
        reconciled.save(quote, version=2)
    except ClaimInProgress:
        return False
    return True


@pytest.mark.parametrize("step", ["after outbox.change", "before outbox.change 2", "before quotes.finish_claim"])
def test_a_reconciler_that_was_paused_past_its_turn_makes_no_second_quote_and_counts_no_second_attempt(
    reconciled: ReconciledService, quote: Started, step: str
) -> None:
    reconciled.admin.set(reconciled.key(quote), b"\xff damaged", keepttl=True)
    reconciled.register(quote, MARIA)
    reconciled.age(CLAIM_LEASE / 2)
    with reconciled.reconciler_stopped_at(step) as paused:
        before = reconciled.claim(quote.quote_id)["attempts"]  # 1 if the attempt was committed before the step
        assert reconciled.reconcile(CLAIM_LEASE) == {"retried": 1}
        attempts = reconciled.claim(quote.quote_id)["attempts"]
        paused.go_on()
    assert attempts == before + 1
    assert reconciled.claim(quote.quote_id)["attempts"] == attempts
    assert reconciled.rows("quote") == []
