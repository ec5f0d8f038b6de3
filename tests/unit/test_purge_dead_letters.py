"""What is kept of drafts that nobody repairs: for how long, and what is left of their claims."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from unittest import mock

import pytest

from domain.accounts.account_quote import FailureReason
from domain.claims import Cause, Claim, ClaimState
from domain.errors import ClaimNotOpen, DatabaseUnavailable, DraftPurged, StoreUnreachable
from domain.model import Draft
from domain.repairing.audit import Operator
from domain.repairing.schedule import RepairSchedule
from domain.use_cases import purge_dead_letters
from domain.use_cases.reconcile_claims import Outcome
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import REPAIR_DELAY, World, applicant

RETENTION = timedelta(days=90)
MS = timedelta(milliseconds=1)
CAROL = Operator("carol", "ticket 7")


@pytest.fixture
def world() -> World:
    world = World()
    schedule = RepairSchedule(REPAIR_DELAY, world.lifetime)
    assert schedule.retention == RETENTION
    return world


@pytest.fixture
def quote(world: World) -> Started:
    """Of a dead letter: the database never took it."""
    return dead_letter(world)


def dead_letter(world: World, email: str = "maria@example.com") -> Started:
    """Dead, and cleaned up after."""
    world.database.refuse_quotes = True
    quote = world.start("motor", secret="Seat")
    world.register(quote, applicant(email))
    world.reconcile_until_settled()
    world.database.refuse_quotes = False
    return quote


def purge(world: World, after: timedelta = timedelta()) -> int:
    """How many were purged, so much later."""
    world.clock.advance(after)
    purged = mock.Mock()
    world.operations.purge(lambda: False, purged)
    return purged.call_count


def until_the_end_of(retention: timedelta, claim: Claim, world: World) -> timedelta:
    """Retention begins with the first pass after the claim has died."""
    assert claim.finished_at
    return claim.finished_at + retention - world.clock.now()


def test_a_draft_is_kept_until_its_retention_ends_and_not_longer(world: World, quote: Started) -> None:
    before = world.claim(quote)
    assert (before.state, before.next_at) == (ClaimState.DEAD, None)
    assert before.payload
    assert purge(world, until_the_end_of(RETENTION, before, world) - MS) == 0
    assert before == world.claim(quote)
    assert purge(world, MS) == 1
    expected = replace(before, payload=None, cause=Cause.PURGED, last_error=None, version=before.version + 1)
    assert expected == world.claim(quote)
    assert purge(world, RETENTION) == 0


def test_one_that_is_tried_again_in_vain_is_kept_as_long_again(world: World, quote: Started) -> None:
    world.clock.advance(until_the_end_of(RETENTION, world.claim(quote), world) - MS)
    world.database.refuse_quotes = True
    world.operations.retry(quote.quote_id, CAROL)
    world.reconcile_until_settled()
    assert purge(world) == 0
    assert purge(world, until_the_end_of(RETENTION, world.claim(quote), world) - MS) == 0
    assert purge(world, MS) == 1


def test_the_owner_is_told_that_it_has_expired(world: World, quote: Started) -> None:
    purge(world, until_the_end_of(RETENTION, world.claim(quote), world))
    session = world.services.log_in(applicant().email, applicant().password)
    shown = world.services.get_account_quote(session.access.token, quote.quote_id)
    assert (shown.status, shown.reason, shown.details) == ("failed", FailureReason.EXPIRED, None)
    [exported] = world.services.export_account(session.access.token).quotes
    assert (exported.draft, exported.unreadable) == (None, None)


def test_nothing_is_purged_while_passes_are_still_due(world: World) -> None:
    world.database.refuse_quotes = True
    quote = world.start("motor", secret="Seat")
    world.register(quote)
    while world.claim(quote).state is not ClaimState.DEAD:
        world.reconcile_after(timedelta(hours=1))
    world.reconcile()  # the first pass: the retention begins
    assert world.claim(quote).next_at
    assert purge(world, 2 * RETENTION) == 0  # no reconciler has run for so long
    assert world.claim(quote).payload
    world.reconcile_until_settled()
    assert purge(world) == 1


def test_only_dead_letters_are_purged(world: World, quote: Started) -> None:
    other = world.start("motor", secret="done")
    world.register(other, applicant("done@example.com"))
    world.database.refuse_quotes = True
    kept = world.start("motor", secret="retry")
    world.register(kept, applicant("retry@example.com"))
    before = world.claim(other), world.claim(kept), dict(world.database.quotes)
    assert purge(world, until_the_end_of(RETENTION, world.claim(quote), world)) == 1
    assert before == (world.claim(other), world.claim(kept), world.database.quotes)


def test_one_that_an_operator_tries_again_in_time_is_kept_while_it_is_tried(world: World, quote: Started) -> None:
    purge(world, until_the_end_of(RETENTION, world.claim(quote), world) - MS)
    world.database.refuse_quotes = True
    world.operations.retry(quote.quote_id, CAROL)
    assert purge(world, MS) == 0
    while world.reconcile_after(timedelta(hours=1)) == [Outcome.RETRIED]:
        assert purge(world) == 0
        assert world.claim(quote).payload


def test_one_that_was_repaired_in_time_is_a_quote(world: World, quote: Started) -> None:
    world.operations.retry(quote.quote_id, CAROL)
    assert Outcome.BUILT in world.reconcile()
    world.reconcile_until_settled()
    assert purge(world, 2 * RETENTION) == 0
    assert world.database.quotes[quote.quote_id].details == {"secret": "Seat"}


def test_of_one_that_is_just_being_repaired_nothing_is_deleted_and_the_next_one_is(world: World) -> None:
    quotes = [dead_letter(world, f"p{n}@example.com") for n in range(2)]
    find = world.outbox.undeliverable

    def found_and_then_repaired(*args: object) -> list[Claim]:
        batch = find(*args)
        if len(batch) == 2:
            world.operations.retry(quotes[0].quote_id, CAROL)
        return batch

    with mock.patch.object(world.outbox, "undeliverable", side_effect=found_and_then_repaired):
        assert purge(world, RETENTION + world.lifetime.ttl) == 1
    assert world.claim(quotes[0]).payload
    assert world.claim(quotes[1]).payload is None


def test_all_batches_are_purged_unless_it_is_stopped(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_dead_letters, "_BATCH", 2)
    quotes = [dead_letter(world, f"p{n}@example.com") for n in range(6)]
    world.clock.advance(2 * RETENTION)
    answers = iter([False, True])
    with caplog.at_level(logging.WARNING, "quotehold.reconciler"):
        world.operations.purge(lambda: next(answers), mock.Mock())
    assert caplog.text.count("its draft is deleted") == 1
    assert sum(world.claim(quote).payload is None for quote in quotes) == 1
    assert purge(world) == 5


def test_a_database_that_is_away_is_an_outage_and_nothing_is_lost(world: World, quote: Started) -> None:
    world.database.is_down = True
    with pytest.raises(DatabaseUnavailable):
        purge(world, 2 * RETENTION)
    world.database.is_down = False
    assert purge(world) == 1


def test_a_purged_claim_can_still_be_given_another_draft_or_be_given_up(world: World) -> None:
    quotes = [dead_letter(world, f"p{n}@example.com") for n in range(3)]
    assert purge(world, 2 * RETENTION) == 3
    reconciled, again, given_up = quotes
    world.operations.retry(reconciled.quote_id, CAROL, Draft("motor", {"by": "phone"}))
    with pytest.raises(DraftPurged):
        world.operations.retry(again.quote_id, CAROL)
    world.operations.discard(given_up.quote_id, CAROL)
    world.reconcile_until_settled()
    assert world.database.quotes[reconciled.quote_id].details == {"by": "phone"}
    assert (world.claim(again).state, world.claim(again).payload) == (ClaimState.DEAD, None)
    assert world.claim(given_up).state is ClaimState.DISCARDED
    assert world.findings() == []
    with pytest.raises(ClaimNotOpen):
        world.operations.retry(given_up.quote_id, CAROL)


def test_an_older_quote_beside_it_stays(world: World) -> None:
    quote = world.start("motor", n=1)
    world.register(quote)
    world.save_past_the_claim(quote)
    world.database.refuse_quotes = True
    world.clock.advance(REPAIR_DELAY)
    world.reconcile_until_settled()
    world.database.refuse_quotes = False
    assert world.claim(quote).payload
    assert purge(world, 2 * RETENTION) == 1
    session = world.services.log_in(applicant().email, applicant().password)
    shown = world.services.get_account_quote(session.access.token, quote.quote_id)
    assert (shown.status, shown.details) == ("claimed", {"n": 1})


def test_what_never_had_a_draft_has_nothing_to_purge(world: World) -> None:
    quote = world.start("motor", secret="Seat")
    world.register_while_the_store_is_away(quote)
    world.quotes.outage = StoreUnreachable("away")
    world.clock.advance(world.lifetime.max_age + 2 * world.lifetime.ttl)
    world.reconcile()
    world.quotes.outage = None
    world.reconcile_until_settled()
    before = world.claim(quote)
    assert (before.state, before.cause) == (ClaimState.DEAD, Cause.EXPIRED)
    assert purge(world, 2 * RETENTION) == 0
    assert before == world.claim(quote)
