"""What a reconciler does about one claim: fetch its draft and build its quote, each of them once."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from domain.claims import Cause, ClaimedQuote, ClaimState, Cleanup
from domain.errors import (
    CommitUnknown,
    StoreUnreachable,
)
from domain.model import LAST_REVISION, StoredDraft
from domain.repairing.audit import Operator
from domain.repairing.schedule import CLAIM_LEASE, MOST_ATTEMPTS
from domain.use_cases.reconcile_claims import Outcome
from domain.use_cases.start_quote import Started
from tests.doubles.quotes import CORRUPT
from tests.support.in_memory_service import LEASE, REPAIR_DELAY, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AWAY = StoreUnreachable("away")
A_MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def quote(world: World) -> Started:
    return world.start("motor", make="Seat")


class TestFetch:
    def test_a_pending_quote_is_fetched_with_what_was_saved_last(self, world: World, quote: Started) -> None:
        registered = world.register_while_the_store_is_away(quote)
        world.services.save_details(quote.quote_id, quote.token, {"make": "Fiat"})
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]
        claimed = world.database.quotes[quote.quote_id]
        assert (claimed.details, claimed.product) == ({"make": "Fiat"}, "motor")
        assert claimed.claimed_at == registered.account.created_at
        claim = world.claim(quote)
        assert (claim.state, claim.source_revision) == (ClaimState.DONE, claimed.source_revision)
        assert world.has_tombstone(quote)
        world.reconcile_until_settled()
        assert not world.findings()

    def test_a_pending_quote_waits_for_the_store_however_long_that_takes(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        world.quotes.outage = AWAY
        for _ in range(3 * MOST_ATTEMPTS):
            assert world.reconcile_after(HOUR) == [Outcome.WAITING]
            pause = (world.claim(quote).next_at or world.clock.now()) - world.clock.now()
            assert REPAIR_DELAY / 2 <= pause <= REPAIR_DELAY
        claim = world.claim(quote)
        assert (claim.state, claim.attempts) == (ClaimState.FETCH_PENDING, 0)

    def test_a_draft_that_ended_is_told_as_expired_once(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        assert world.reconcile_after(world.lifetime.ttl + A_MOMENT) == [Outcome.DEAD]
        claim = world.claim(quote)
        assert (claim.state, claim.cause, claim.payload) == (ClaimState.DEAD, Cause.EXPIRED, None)
        world.reconcile_until_settled()
        assert world.claim(quote).cleanup is Cleanup.VERIFIED
        assert not world.findings()

    def test_a_quote_too_old_for_any_draft_is_expired_though_the_store_is_away(
        self, world: World, quote: Started
    ) -> None:
        world.register_while_the_store_is_away(quote)
        world.quotes.outage = AWAY
        limit = world.lifetime.max_age + world.lifetime.ttl
        assert world.reconcile_after(limit) == [Outcome.WAITING]
        world.reconcile_after(MINUTE)
        claim = world.claim(quote)
        assert (claim.state, claim.cause) == (ClaimState.DEAD, Cause.EXPIRED)

    def test_a_draft_that_somebody_claims_meanwhile_is_left_to_him(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        world.clock.advance(REPAIR_DELAY)
        world.quotes.begin_claim(world.ref(quote), world.ids.claim_token(), None)
        assert world.reconcile() == [Outcome.WAITING]
        assert world.claim(quote).next_at == world.clock.now() + LEASE
        assert world.reconcile_after(LEASE) == [Outcome.BUILT]

    def test_a_tombstone_in_the_draft_s_place_is_an_alarm(
        self, world: World, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.register_while_the_store_is_away(quote)
        world.quotes.finish_claim(world.ref(quote), LAST_REVISION)
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        assert world.claim(quote).cause is Cause.DRAFT_LOST
        assert [record.name for record in caplog.records if record.levelno == logging.CRITICAL] == ["quotehold.alarm"]

    def test_a_tombstone_of_the_reconciler_that_had_the_next_turn_is_none(
        self, world: World, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.register_while_the_store_is_away(quote)
        begin = world.quotes.begin_claim

        def overtaken(*args: Any) -> StoredDraft:
            with mock.patch.object(world.quotes, "begin_claim", side_effect=begin):
                assert world.reconcile_after(MINUTE) == [Outcome.BUILT]
            return begin(*args)

        with mock.patch.object(world.quotes, "begin_claim", side_effect=overtaken):
            assert world.reconcile_after(REPAIR_DELAY) == [Outcome.WAITING]
        assert world.claim(quote).state is ClaimState.DONE
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

    def test_a_tombstone_put_while_an_operator_said_try_again_is_none(
        self, world: World, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.register_while_the_store_is_away(quote)
        world.quotes.end_ttl(world.ref(quote))
        finish = world.quotes.finish_claim

        def retried_meanwhile(*args: Any) -> StoredDraft | None:
            world.operations.retry(quote.quote_id, Operator("carol", "ticket 7"))
            return finish(*args)

        with mock.patch.object(world.quotes, "finish_claim", side_effect=retried_meanwhile):
            assert world.reconcile_after(REPAIR_DELAY) == [Outcome.WAITING]
        assert world.reconcile() == [Outcome.DEAD]
        assert world.claim(quote).cause is Cause.EXPIRED
        assert not [record for record in caplog.records if record.levelno == logging.CRITICAL]

    def test_without_its_server_key_a_draft_cannot_be_fetched(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        with mock.patch.object(type(world.tokens), "knows", return_value=False):
            assert world.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        assert world.claim(quote).cause is Cause.KEY_RETIRED

    def test_a_draft_that_cannot_be_read_is_kept_and_taken_out_of_the_store(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        world.quotes.corrupt(world.ref(quote))
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        claim = world.claim(quote)
        assert (claim.state, claim.payload, claim.attempts) == (ClaimState.RETRY, CORRUPT, 1)
        assert world.has_tombstone(quote)

    def test_a_fetched_quote_that_the_database_refuses_is_kept(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        world.database.refuse_quotes = True
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        claim = world.claim(quote)
        assert (claim.state, claim.cause, claim.source_revision) == (
            ClaimState.RETRY,
            Cause.QUOTE_REFUSED,
            quote.revision,
        )
        world.database.refuse_quotes = False
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]
        assert world.database.quotes[quote.quote_id].details == quote.details

    def test_what_comes_back_unreadable_after_the_claim_died_is_the_only_copy_and_stays(
        self, world: World, quote: Started
    ) -> None:
        world.register_while_the_store_is_away(quote)
        before = world.quotes._entries[world.ref(quote)]
        world.quotes.end_ttl(world.ref(quote))
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        world.quotes._entries[world.ref(quote)] = before
        world.quotes.corrupt(world.ref(quote))
        assert world.reconcile_after(MINUTE) == [Outcome.WAITING]
        assert world.quotes.peek(world.ref(quote)).raw == CORRUPT
        claim = world.claim(quote)
        assert (claim.state, claim.cause, claim.cleanup) == (ClaimState.DEAD, Cause.EXPIRED, Cleanup.PENDING)
        assert world.register(quote).replayed
        assert world.quotes.peek(world.ref(quote)).raw == CORRUPT

    def test_a_draft_that_comes_back_after_the_claim_died_is_built(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        before = world.quotes._entries[world.ref(quote)]
        world.quotes.end_ttl(world.ref(quote))
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        world.quotes._entries[world.ref(quote)] = before
        assert world.reconcile_after(MINUTE) == [Outcome.RETRIED]
        assert world.reconcile() == [Outcome.BUILT]
        assert world.database.quotes[quote.quote_id].details == quote.details

    @pytest.mark.parametrize(("fate", "outcome"), [("applied", Outcome.CLEANED), ("dropped", Outcome.BUILT)])
    def test_a_commit_whose_fate_is_unknown_is_found_out_at_the_next_turn(
        self, world: World, quote: Started, fate: str, outcome: Outcome
    ) -> None:
        world.register_while_the_store_is_away(quote)
        change = world.outbox.change

        def losing(*args: Any, quote: ClaimedQuote | None = None, **more: Any) -> object:
            world.database.lose_next_commit = fate if quote else None
            return change(*args, quote=quote, **more)

        world.clock.advance(REPAIR_DELAY)
        with mock.patch.object(world.outbox, "change", side_effect=losing), pytest.raises(CommitUnknown):
            world.reconcile()
        assert (fate == "applied") is (quote.quote_id in world.database.quotes)
        assert world.reconcile_after(CLAIM_LEASE) == [outcome]
        assert world.has_tombstone(quote)
        assert world.database.quotes[quote.quote_id].details == quote.details


class TestRetry:
    def test_a_quote_is_built_from_the_bytes_once_they_can_be_read(self, world: World, quote: Started) -> None:
        world.database.refuse_quotes = True
        world.register(quote)
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        world.database.refuse_quotes = False
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]
        claim = world.claim(quote)
        assert (claim.payload, claim.attempts, claim.cause, claim.last_error) == (None, 0, None, None)
        assert world.database.quotes[quote.quote_id].details == quote.details

    def test_pauses_double_up_to_an_hour_with_a_share_of_jitter(self, world: World, quote: Started) -> None:
        world.database.refuse_quotes = True
        world.register(quote)
        pauses = []
        world.clock.advance(REPAIR_DELAY)
        while world.reconcile() == [Outcome.RETRIED]:
            pauses.append((world.claim(quote).next_at or world.clock.now()) - world.clock.now())
            world.clock.advance(pauses[-1])
        assert len(pauses) == MOST_ATTEMPTS - 1
        for number, pause in enumerate(pauses):
            full = min(REPAIR_DELAY * 2**number, HOUR)
            assert full / 2 <= pause <= full
        assert len({pause / (REPAIR_DELAY * 2**n) for n, pause in enumerate(pauses)}) > 1

    def test_after_eight_attempts_it_is_dead_and_is_left_alone(self, world: World, quote: Started) -> None:
        world.database.refuse_quotes = True
        world.register(quote)
        world.reconcile_until_settled()
        claim = world.claim(quote)
        assert (claim.state, claim.attempts, claim.cause) == (ClaimState.DEAD, MOST_ATTEMPTS, Cause.QUOTE_REFUSED)
        assert claim.cleanup is Cleanup.VERIFIED
        assert claim.payload
        assert not world.findings()

    def test_it_is_built_though_the_store_is_away(self, world: World, quote: Started) -> None:
        world.database.refuse_quotes = True
        world.register(quote)
        world.database.refuse_quotes = False
        world.quotes.outage = AWAY
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]
        assert world.claim(quote).state is ClaimState.DONE
        world.quotes.outage = None
        world.reconcile_until_settled()
        assert not world.findings()

    def test_newer_bytes_in_the_store_begin_the_attempts_anew(self, world: World, quote: Started) -> None:
        world.quotes.corrupt(world.ref(quote))
        world.register(quote)
        world.save_past_the_claim(quote)
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        assert world.claim(quote).attempts == 0
        assert world.reconcile() == [Outcome.BUILT]
        assert world.database.quotes[quote.quote_id].details == {"late": True}

    def test_what_cannot_be_read_in_the_store_does_not_change_its_own_pauses(
        self, world: World, quote: Started
    ) -> None:
        world.database.refuse_quotes = True
        world.register(quote)
        world.save_past_the_claim(quote)
        world.quotes.corrupt(world.ref(quote))
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        claim = world.claim(quote)
        assert (claim.attempts, claim.cause) == (1, Cause.QUOTE_REFUSED)
        assert claim.next_at
        assert claim.next_at <= world.clock.now() + REPAIR_DELAY

    def test_a_key_that_is_put_back_leads_to_the_draft_and_a_replay_may_find_it_first(
        self, world: World, quote: Started
    ) -> None:
        world.register_while_the_store_is_away(quote)
        with mock.patch.object(type(world.tokens), "knows", return_value=False):
            assert world.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        assert world.register(quote).replayed
        assert world.claim(quote).state is ClaimState.RETRY
        world.reconcile_until_settled()
        assert world.database.quotes[quote.quote_id].details == quote.details
        assert not world.findings()
