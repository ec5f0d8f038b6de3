"""The repair of one claim: it fetches the draft and builds the quote, each once."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Literal
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
from tests.support.in_memory_service import LEASE, REPAIR_DELAY, InMemoryService

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AWAY = StoreUnreachable("away")
A_MOMENT = timedelta(milliseconds=1)


class TestFetch:
    def test_a_pending_quote_is_fetched_with_its_last_save(self, service: InMemoryService, quote: Started) -> None:
        registered = service.register_while_the_store_is_away(quote)
        service.save(quote, {"make": "Fiat"})
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]
        claimed = service.database.quotes[quote.quote_id]
        assert (claimed.details, claimed.product) == ({"make": "Fiat"}, "motor")
        assert claimed.claimed_at == registered.account.created_at
        claim = service.claim(quote)
        assert (claim.state, claim.source_revision) == (ClaimState.DONE, claimed.source_revision)
        assert service.has_tombstone(quote)
        service.reconcile_until_settled()
        assert not service.findings()

    def test_a_pending_quote_waits_for_the_store_however_long_that_takes(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register_while_the_store_is_away(quote)
        service.quotes.outage = AWAY
        for _ in range(3 * MOST_ATTEMPTS):
            assert service.reconcile_after(HOUR) == [Outcome.WAITING]
            pause = (service.claim(quote).next_at or service.clock.now()) - service.clock.now()
            assert REPAIR_DELAY / 2 <= pause <= REPAIR_DELAY
        claim = service.claim(quote)
        assert (claim.state, claim.attempts) == (ClaimState.FETCH_PENDING, 0)

    def test_an_ended_draft_is_reported_as_expired_once(self, service: InMemoryService, quote: Started) -> None:
        service.register_while_the_store_is_away(quote)
        assert service.reconcile_after(service.lifetime.ttl + A_MOMENT) == [Outcome.DEAD]
        claim = service.claim(quote)
        assert (claim.state, claim.cause, claim.payload) == (ClaimState.DEAD, Cause.EXPIRED, None)
        service.reconcile_until_settled()
        assert service.claim(quote).cleanup is Cleanup.VERIFIED
        assert not service.findings()

    def test_a_quote_too_old_for_any_draft_is_expired_though_the_store_is_away(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register_while_the_store_is_away(quote)
        service.quotes.outage = AWAY
        limit = service.lifetime.max_age + service.lifetime.ttl
        assert service.reconcile_after(limit) == [Outcome.WAITING]
        service.reconcile_after(MINUTE)
        claim = service.claim(quote)
        assert (claim.state, claim.cause) == (ClaimState.DEAD, Cause.EXPIRED)

    def test_a_draft_that_another_claim_has_frozen_is_left_to_it(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register_while_the_store_is_away(quote)
        service.clock.advance(REPAIR_DELAY)
        service.quotes.begin_claim(service.ref(quote), service.ids.claim_token(), None)
        assert service.reconcile() == [Outcome.WAITING]
        assert service.claim(quote).next_at == service.clock.now() + LEASE
        assert service.reconcile_after(LEASE) == [Outcome.BUILT]

    def test_a_tombstone_in_the_draft_s_place_is_an_alarm(
        self, service: InMemoryService, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        service.register_while_the_store_is_away(quote)
        service.quotes.finish_claim(service.ref(quote), LAST_REVISION)
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        assert service.claim(quote).cause is Cause.DRAFT_LOST
        assert [record.name for record in caplog.records if record.levelno == logging.CRITICAL] == ["quotehold.alarm"]

    def test_a_tombstone_of_the_reconciler_that_had_the_next_turn_is_none(
        self, service: InMemoryService, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        service.register_while_the_store_is_away(quote)
        begin = service.quotes.begin_claim

        def overtaken(*args: Any) -> StoredDraft:
            with mock.patch.object(service.quotes, "begin_claim", side_effect=begin):
                assert service.reconcile_after(MINUTE) == [Outcome.BUILT]
            return begin(*args)

        with mock.patch.object(service.quotes, "begin_claim", side_effect=overtaken):
            assert service.reconcile_after(REPAIR_DELAY) == [Outcome.WAITING]
        assert service.claim(quote).state is ClaimState.DONE
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

    def test_a_tombstone_put_while_an_operator_said_try_again_is_none(
        self, service: InMemoryService, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        service.register_while_the_store_is_away(quote)
        service.quotes.end_ttl(service.ref(quote))
        finish = service.quotes.finish_claim

        def retried_meanwhile(*args: Any) -> StoredDraft | None:
            service.operations.retry(quote.quote_id, Operator("carol", "ticket 7"))
            return finish(*args)

        with mock.patch.object(service.quotes, "finish_claim", side_effect=retried_meanwhile):
            assert service.reconcile_after(REPAIR_DELAY) == [Outcome.WAITING]
        assert service.reconcile() == [Outcome.DEAD]
        assert service.claim(quote).cause is Cause.EXPIRED
        assert not [record for record in caplog.records if record.levelno == logging.CRITICAL]

    def test_without_its_server_key_a_draft_cannot_be_fetched(self, service: InMemoryService, quote: Started) -> None:
        service.register_while_the_store_is_away(quote)
        with mock.patch.object(type(service.tokens), "knows", return_value=False):
            assert service.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        assert service.claim(quote).cause is Cause.KEY_RETIRED

    def test_a_draft_that_cannot_be_read_is_kept_and_taken_out_of_the_store(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register_while_the_store_is_away(quote)
        service.quotes.corrupt(service.ref(quote))
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        claim = service.claim(quote)
        assert (claim.state, claim.payload, claim.attempts) == (ClaimState.RETRY, CORRUPT, 1)
        assert service.has_tombstone(quote)

    def test_a_fetched_quote_that_the_database_refuses_is_kept(self, service: InMemoryService, quote: Started) -> None:
        service.register_while_the_store_is_away(quote)
        service.database.refuse_quotes = True
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        claim = service.claim(quote)
        assert (claim.state, claim.cause, claim.source_revision) == (
            ClaimState.RETRY,
            Cause.QUOTE_REFUSED,
            quote.revision,
        )
        service.database.refuse_quotes = False
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]
        assert service.database.quotes[quote.quote_id].details == quote.details

    def test_an_unreadable_draft_that_comes_back_after_the_claim_died_is_the_only_copy_and_stays(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register_while_the_store_is_away(quote)
        restore = service.quotes.backup(service.ref(quote))
        service.quotes.end_ttl(service.ref(quote))
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        restore()
        service.quotes.corrupt(service.ref(quote))
        assert service.reconcile_after(MINUTE) == [Outcome.WAITING]
        assert service.quotes.peek(service.ref(quote)).raw == CORRUPT
        claim = service.claim(quote)
        assert (claim.state, claim.cause, claim.cleanup) == (ClaimState.DEAD, Cause.EXPIRED, Cleanup.PENDING)
        assert service.register(quote).replayed
        assert service.quotes.peek(service.ref(quote)).raw == CORRUPT

    def test_a_draft_that_comes_back_after_the_claim_died_is_built(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register_while_the_store_is_away(quote)
        restore = service.quotes.backup(service.ref(quote))
        service.quotes.end_ttl(service.ref(quote))
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        restore()
        assert service.reconcile_after(MINUTE) == [Outcome.RETRIED]
        assert service.reconcile() == [Outcome.BUILT]
        assert service.database.quotes[quote.quote_id].details == quote.details

    @pytest.mark.parametrize(("fate", "outcome"), [("applied", Outcome.CLEANED), ("dropped", Outcome.BUILT)])
    def test_an_unknown_commit_is_settled_at_the_next_turn(
        self, service: InMemoryService, quote: Started, fate: Literal["applied", "dropped"], outcome: Outcome
    ) -> None:
        service.register_while_the_store_is_away(quote)
        change = service.outbox.change

        def losing(*args: Any, quote: ClaimedQuote | None = None, **more: Any) -> object:
            service.database.lose_next_commit = fate if quote else None
            return change(*args, quote=quote, **more)

        service.clock.advance(REPAIR_DELAY)
        with mock.patch.object(service.outbox, "change", side_effect=losing), pytest.raises(CommitUnknown):
            service.reconcile()
        assert (fate == "applied") is (quote.quote_id in service.database.quotes)
        assert service.reconcile_after(CLAIM_LEASE) == [outcome]
        assert service.has_tombstone(quote)
        assert service.database.quotes[quote.quote_id].details == quote.details


class TestRetry:
    def test_a_quote_is_built_from_the_bytes_once_they_can_be_read(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.database.refuse_quotes = True
        service.register(quote)
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        service.database.refuse_quotes = False
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]
        claim = service.claim(quote)
        assert (claim.payload, claim.attempts, claim.cause, claim.last_error) == (None, 0, None, None)
        assert service.database.quotes[quote.quote_id].details == quote.details

    def test_pauses_double_up_to_an_hour_with_a_share_of_jitter(self, service: InMemoryService, quote: Started) -> None:
        service.database.refuse_quotes = True
        service.register(quote)
        pauses = []
        service.clock.advance(REPAIR_DELAY)
        while service.reconcile() == [Outcome.RETRIED]:
            pauses.append((service.claim(quote).next_at or service.clock.now()) - service.clock.now())
            service.clock.advance(pauses[-1])
        assert len(pauses) == MOST_ATTEMPTS - 1
        for number, pause in enumerate(pauses):
            full = min(REPAIR_DELAY * 2**number, HOUR)
            assert full / 2 <= pause <= full
        assert len({pause / (REPAIR_DELAY * 2**n) for n, pause in enumerate(pauses)}) > 1

    def test_after_eight_attempts_it_is_dead_and_is_left_alone(self, service: InMemoryService, quote: Started) -> None:
        service.database.refuse_quotes = True
        service.register(quote)
        service.reconcile_until_settled()
        claim = service.claim(quote)
        assert (claim.state, claim.attempts, claim.cause) == (ClaimState.DEAD, MOST_ATTEMPTS, Cause.QUOTE_REFUSED)
        assert claim.cleanup is Cleanup.VERIFIED
        assert claim.payload
        assert not service.findings()

    def test_it_is_built_though_the_store_is_away(self, service: InMemoryService, quote: Started) -> None:
        service.database.refuse_quotes = True
        service.register(quote)
        service.database.refuse_quotes = False
        service.quotes.outage = AWAY
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]
        assert service.claim(quote).state is ClaimState.DONE
        service.quotes.outage = None
        service.reconcile_until_settled()
        assert not service.findings()

    def test_newer_bytes_in_the_store_begin_the_attempts_anew(self, service: InMemoryService, quote: Started) -> None:
        service.quotes.corrupt(service.ref(quote))
        service.register(quote)
        service.save_past_the_claim(quote)
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        assert service.claim(quote).attempts == 0
        assert service.reconcile() == [Outcome.BUILT]
        assert service.database.quotes[quote.quote_id].details == {"late": True}

    def test_an_unreadable_draft_in_the_store_does_not_change_the_pauses(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.database.refuse_quotes = True
        service.register(quote)
        service.save_past_the_claim(quote)
        service.quotes.corrupt(service.ref(quote))
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        claim = service.claim(quote)
        assert (claim.attempts, claim.cause) == (1, Cause.QUOTE_REFUSED)
        assert claim.next_at
        assert claim.next_at <= service.clock.now() + REPAIR_DELAY

    def test_a_key_that_is_put_back_leads_to_the_draft_and_a_replay_may_find_it_first(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register_while_the_store_is_away(quote)
        with mock.patch.object(type(service.tokens), "knows", return_value=False):
            assert service.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        assert service.register(quote).replayed
        assert service.claim(quote).state is ClaimState.RETRY
        service.reconcile_until_settled()
        assert service.database.quotes[quote.quote_id].details == quote.details
        assert not service.findings()
