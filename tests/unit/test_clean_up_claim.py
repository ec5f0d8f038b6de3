"""What a reconciler does so that the store keeps no draft of a claim, nor of one that was erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from unittest import mock

import pytest

from domain.claims import Cause, ClaimState, Cleanup
from domain.errors import (
    QuoteAlreadyClaimed,
    QuoteClaimedByAnother,
    StoreUnreachable,
)
from domain.use_cases.reconcile_claims import Outcome
from domain.use_cases.start_quote import Started
from tests.doubles.quotes import CORRUPT
from tests.support.in_memory_service import REPAIR_DELAY, World, applicant

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AWAY = StoreUnreachable("away")
A_MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def quote(world: World) -> Started:
    return world.start("motor", make="Seat")


class TestCleanup:
    def test_the_passes_come_after_the_first_look_a_minute_an_hour_and_the_longest_life(
        self, world: World, quote: Started
    ) -> None:
        world.register(quote)
        times: list[datetime] = []
        finish = world.quotes.finish_claim
        with mock.patch.object(
            world.quotes, "finish_claim", side_effect=lambda *a: (times.append(world.clock.now()), finish(*a))[1]
        ):
            started = world.clock.now()
            world.reconcile_until_settled()
        first = started + REPAIR_DELAY
        assert times == [first, first + MINUTE, first + HOUR, first + world.lifetime.ttl + HOUR]
        claim = world.claim(quote)
        assert (claim.cleanup, claim.next_at) == (Cleanup.VERIFIED, None)

    def test_nothing_is_done_before_its_time(self, world: World, quote: Started) -> None:
        world.register(quote)
        assert world.reconcile_after(REPAIR_DELAY - A_MOMENT) == []
        assert world.reconcile_after(A_MOMENT) == [Outcome.CLEANED]
        assert world.reconcile_after(MINUTE - A_MOMENT) == []
        assert world.reconcile_after(A_MOMENT) == [Outcome.CLEANED]

    def test_a_claim_that_was_cut_short_after_its_commit_is_finished(self, world: World, quote: Started) -> None:
        with (
            mock.patch.object(world.quotes, "finish_claim", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            world.register(quote)
        assert not world.has_tombstone(quote)
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.CLEANED]
        assert world.has_tombstone(quote)

    def test_a_draft_that_a_failover_brought_back_goes_at_the_next_pass(self, world: World, quote: Started) -> None:
        ref = world.ref(quote)
        before = world.quotes._entries[ref]
        world.register(quote)
        world.reconcile_after(REPAIR_DELAY)
        world.quotes._entries[ref] = before
        assert world.reconcile_after(MINUTE) == [Outcome.CLEANED]
        assert world.has_tombstone(quote)

    def test_what_was_saved_after_the_claim_is_taken_over_and_the_passes_begin_anew(
        self, world: World, quote: Started
    ) -> None:
        world.register(quote)
        world.reconcile_after(REPAIR_DELAY)
        world.reconcile_after(MINUTE)
        world.save_past_the_claim(quote)
        assert world.reconcile_after(HOUR) == [Outcome.CLEANED]
        assert world.database.quotes[quote.quote_id].details == {"late": True}
        assert world.has_tombstone(quote)
        assert world.claim(quote).next_at == world.clock.now() + MINUTE
        world.reconcile_until_settled()
        assert not world.findings()

    def test_what_cannot_be_read_stays_in_the_store_until_it_ends(self, world: World, quote: Started) -> None:
        world.register(quote)
        world.save_past_the_claim(quote)
        world.quotes.corrupt(world.ref(quote))
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.WAITING]
        claim = world.claim(quote)
        assert (claim.state, claim.cleanup, claim.cause) == (ClaimState.DONE, Cleanup.PENDING, Cause.DRAFT_UNREADABLE)
        assert world.quotes.peek(world.ref(quote)).raw == CORRUPT
        world.quotes.end_ttl(world.ref(quote))
        assert world.reconcile_after(HOUR) == [Outcome.CLEANED]
        claim = world.claim(quote)
        assert (claim.attempts, claim.cause, claim.last_error) == (0, None, None)

    def test_of_records_that_cannot_be_read_the_claim_s_own_goes_alone(self, world: World, quote: Started) -> None:
        ref = world.ref(quote)
        world.quotes.corrupt(ref, b" taken")
        with mock.patch.object(world.quotes, "finish_claim", side_effect=AWAY):
            world.register(quote)
        world.quotes.corrupt(ref, b" of a newer version, saved since")
        world.reconcile_after(REPAIR_DELAY)
        assert world.claim(quote).payload == CORRUPT + b" taken"
        assert world.quotes.peek(ref).raw == CORRUPT + b" of a newer version, saved since"
        world.quotes.corrupt(ref, b" taken")
        world.reconcile_after(HOUR)
        assert world.has_tombstone(quote)

    def test_a_newer_draft_that_the_database_refuses_is_kept_beside_the_older_quote(
        self, world: World, quote: Started
    ) -> None:
        world.register(quote)
        world.save_past_the_claim(quote)
        world.database.refuse_quotes = True
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        claim = world.claim(quote)
        assert (claim.state, claim.cause, claim.attempts) == (ClaimState.RETRY, Cause.QUOTE_REFUSED, 0)
        assert (claim.cleanup, claim.next_at) == (Cleanup.PENDING, world.clock.now())
        assert world.quotes.decode(claim.ref, claim.payload or b"").details == {"late": True}
        assert world.database.quotes[quote.quote_id].details == quote.details
        assert not world.findings()  # the draft that is still in the store is on its way
        world.reconcile()
        assert world.has_tombstone(quote)
        world.database.refuse_quotes = False
        world.reconcile_until_settled()
        assert world.database.quotes[quote.quote_id].details == {"late": True}
        assert not world.findings()

    def test_a_claim_without_its_server_key_waits_until_the_draft_has_ended(
        self, world: World, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.register(quote)
        with mock.patch.object(type(world.tokens), "knows", return_value=False):
            world.reconcile_until_settled()
        assert "not in the keyring" in caplog.text
        assert world.claim(quote).cleanup is Cleanup.VERIFIED


class TestErasedAndDiscarded:
    @pytest.mark.parametrize("when", ["pending", "retry", "done"])
    def test_nothing_of_an_erased_account_is_built_again(self, world: World, quote: Started, when: str) -> None:
        if when == "pending":
            account = world.register_while_the_store_is_away(quote).account
        else:
            world.database.refuse_quotes = when == "retry"
            account = world.register(quote).account
            world.database.refuse_quotes = False
        world.save_past_the_claim(quote)
        assert world.accounts.erase(account.account_id, world.clock.now())
        world.reconcile_until_settled()
        assert (world.database.accounts, world.database.quotes) == ({}, {})
        claim = world.claim(quote)
        assert (claim.state, claim.account_id, claim.payload) == (ClaimState.DISCARDED, None, None)
        assert world.has_tombstone(quote) or world.quotes.kinds() == {}
        assert not world.findings()

    def test_an_erasure_while_a_reconciler_is_at_work_wins(self, world: World, quote: Started) -> None:
        account = world.register_while_the_store_is_away(quote).account
        begin = world.quotes.begin_claim

        def erased_meanwhile(*args: object) -> object:
            world.accounts.erase(account.account_id, world.clock.now())
            return begin(*args)

        with mock.patch.object(world.quotes, "begin_claim", side_effect=erased_meanwhile):
            assert world.reconcile_after(REPAIR_DELAY) == [Outcome.WAITING]
        world.reconcile_until_settled()
        assert world.database.quotes == {}
        with pytest.raises((QuoteClaimedByAnother, QuoteAlreadyClaimed)):
            world.register(quote, applicant())
        assert not world.findings()
