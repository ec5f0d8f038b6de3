"""Passes over the claims that are due: whose turn it is, what stops a pass, and that no claim stops another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from domain.claims import Cause, ClaimState, Cleanup
from domain.errors import DatabaseUnavailable, StoreReadOnly, StoreUnreachable
from domain.repairing.schedule import CLAIM_LEASE, MOST_ATTEMPTS
from domain.use_cases.reconcile_claims import Outcome, Pass
from domain.use_cases.start_quote import Started
from domain.use_cases.verify_claims import FindingKind
from tests.doubles.quotes import CORRUPT
from tests.support.in_memory_service import REPAIR_DELAY, World, applicant

AWAY = StoreUnreachable("away")


@pytest.fixture
def world() -> World:
    return World()


def pending(world: World, number: int) -> list[Started]:
    """So many claims whose drafts are to be fetched, due now."""
    quotes = [world.start("motor", n=n) for n in range(number)]
    world.quotes.outage = AWAY
    for n, quote in enumerate(quotes):
        world.register(quote, applicant(f"p{n}@example.com"))
    world.quotes.outage = None
    world.clock.advance(REPAIR_DELAY)
    return quotes


def one_pass(world: World, is_stopped: Callable[[], bool] = lambda: False) -> Pass:
    return world.operations.reconcile(is_stopped, lambda outcome: None)


class TestTurns:
    def test_a_claim_that_another_reconciler_has_is_skipped_until_its_turn_has_ended(self, world: World) -> None:
        [quote] = pending(world, 1)
        begin, seen = world.quotes.begin_claim, []

        def looked_at(*args: Any) -> object:
            seen.append(world.reconcile())
            return begin(*args)

        with mock.patch.object(world.quotes, "begin_claim", side_effect=looked_at):
            assert world.reconcile() == [Outcome.BUILT]
        assert seen == [[]]
        assert world.claim(quote).state is ClaimState.DONE

    def test_one_that_was_paused_past_its_turn_changes_nothing_and_its_attempt_is_not_counted(
        self, world: World
    ) -> None:
        world.database.refuse_quotes = True
        quote = world.start("motor", make="Seat")
        world.register(quote)
        world.clock.advance(REPAIR_DELAY)
        decode, others = world.quotes.decode, []

        def paused(*args: Any) -> object:
            if not others:
                others.append("")
                world.clock.advance(CLAIM_LEASE)
                others[0] = world.reconcile()
            return decode(*args)

        with mock.patch.object(world.quotes, "decode", side_effect=paused):
            assert world.reconcile() == [Outcome.WAITING]
        assert others == [[Outcome.RETRIED]]
        assert world.claim(quote).attempts == 1

    def test_a_crash_in_the_middle_leaves_the_claim_due_when_the_turn_has_ended(self, world: World) -> None:
        [quote] = pending(world, 1)
        with (
            mock.patch.object(world.quotes, "finish_claim", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            world.reconcile()
        assert (world.claim(quote).state, world.claim(quote).cleanup) == (ClaimState.DONE, Cleanup.PENDING)
        assert world.reconcile_after(CLAIM_LEASE - timedelta(milliseconds=1)) == []
        assert world.reconcile_after(timedelta(milliseconds=1)) == [Outcome.CLEANED]


class TestAPass:
    def test_it_takes_a_batch_and_says_whether_that_was_all(self, world: World) -> None:
        pending(world, 60)
        assert one_pass(world) == Pass(None, is_last=False)
        assert len(world.database.quotes) == 50
        assert one_pass(world) == Pass(None, is_last=False)
        assert len(world.database.quotes) == 60
        assert one_pass(world) == Pass(None, is_last=True)

    def test_it_stops_between_two_claims_when_it_is_told_to(self, world: World) -> None:
        pending(world, 3)
        done = one_pass(world, is_stopped=lambda: len(world.database.quotes) == 2)
        assert done == Pass(None, is_last=False)
        assert len(world.database.quotes) == 2

    def test_it_ends_after_three_claims_that_the_store_does_not_serve(self, world: World) -> None:
        pending(world, 5)
        world.quotes.outage = AWAY
        assert world.reconcile() == [Outcome.WAITING] * 3
        assert one_pass(world).outage is AWAY
        world.quotes.outage = None
        world.reconcile_after(CLAIM_LEASE)
        assert len(world.database.quotes) == 5

    def test_a_shard_that_is_away_does_not_stop_the_claims_of_the_others(self, world: World) -> None:
        quotes = pending(world, 6)
        lost = {quote.quote_id for quote in quotes[::2]}
        begin = world.quotes.begin_claim

        def sharded(ref: Any, *args: Any) -> object:
            if ref.quote_id in lost:
                raise AWAY
            return begin(ref, *args)

        with mock.patch.object(world.quotes, "begin_claim", side_effect=sharded):
            assert sorted(world.reconcile()) == [Outcome.BUILT] * 3 + [Outcome.WAITING] * 3

    def test_a_store_that_only_reads_holds_up_no_claim(self, world: World) -> None:
        pending(world, 5)
        world.quotes.write_outage = StoreReadOnly("READONLY")
        assert world.reconcile() == [Outcome.BUILT] * 5
        assert len(world.database.quotes) == 5
        world.quotes.write_outage = None
        world.reconcile_until_settled()
        assert not world.findings()

    def test_a_claim_that_a_newer_version_wrote_is_left_to_it(self, world: World) -> None:
        [quote] = pending(world, 1)
        world.database.claims[quote.quote_id] = replace(world.claim(quote), state=ClaimState.UNKNOWN)
        assert world.reconcile_after(CLAIM_LEASE) == []
        assert [finding.kind for finding in world.findings()] == [FindingKind.STATE_UNKNOWN]
        world.quotes.corrupt(world.ref(quote))
        assert world.register(quote, applicant("p0@example.com")).replayed
        assert world.quotes.peek(world.ref(quote)).raw == CORRUPT

    def test_a_database_that_is_away_ends_it(self, world: World) -> None:
        pending(world, 1)
        world.database.is_down = True
        with pytest.raises(DatabaseUnavailable):
            world.reconcile()

    def test_an_error_that_nobody_knows_stops_no_other_claim_and_loses_nothing(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        bad, good = pending(world, 2)
        begin, outcomes = world.quotes.begin_claim, []

        def broken(ref: Any, *args: Any) -> object:
            if ref.quote_id == bad.quote_id:
                raise ZeroDivisionError
            return begin(ref, *args)

        with mock.patch.object(world.quotes, "begin_claim", side_effect=broken):
            world.reconcile()
            assert good.quote_id in world.database.quotes
            assert world.claim(bad).attempts == 1
            while Outcome.DEAD not in outcomes:
                outcomes = world.reconcile_after(REPAIR_DELAY * 2**7)
        claim = world.claim(bad)
        assert (claim.state, claim.cause, claim.attempts) == (ClaimState.DEAD, Cause.UNEXPECTED, MOST_ATTEMPTS)
        assert claim.last_error == "ZeroDivisionError"
        assert "Traceback" in caplog.text
        # What the store still holds is kept by the cleanup that follows, and built.
        world.reconcile_until_settled()
        assert world.database.quotes[bad.quote_id].details == bad.details
        assert not world.findings()
