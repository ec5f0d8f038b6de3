"""The clean-up passes of the reconciler: no draft of a claim or of an erased account stays in the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from domain.claims import Cause, ClaimState, Cleanup
from domain.errors import (
    QuoteAlreadyClaimed,
    QuoteClaimedByAnother,
    StoreUnreachable,
)
from domain.model import StoredDraft
from domain.use_cases.reconcile_claims import Outcome
from domain.use_cases.start_quote import Started
from tests.doubles.quotes import CORRUPT
from tests.support.in_memory_service import REPAIR_DELAY, InMemoryService, applicant

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AWAY = StoreUnreachable("away")
A_MOMENT = timedelta(milliseconds=1)


class TestCleanup:
    def test_the_passes_come_after_the_first_look_a_minute_an_hour_and_the_longest_life(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register(quote)
        times: list[datetime] = []
        finish = service.quotes.finish_claim

        def timed(*args: Any) -> StoredDraft | None:
            times.append(service.clock.now())
            return finish(*args)

        with mock.patch.object(service.quotes, "finish_claim", side_effect=timed):
            started = service.clock.now()
            service.reconcile_until_settled()
        first = started + REPAIR_DELAY
        assert times == [first, first + MINUTE, first + HOUR, first + service.lifetime.ttl + HOUR]
        claim = service.claim(quote)
        assert (claim.cleanup, claim.next_at) == (Cleanup.VERIFIED, None)

    def test_nothing_is_done_before_its_time(self, service: InMemoryService, quote: Started) -> None:
        service.register(quote)
        assert service.reconcile_after(REPAIR_DELAY - A_MOMENT) == []
        assert service.reconcile_after(A_MOMENT) == [Outcome.CLEANED]
        assert service.reconcile_after(MINUTE - A_MOMENT) == []
        assert service.reconcile_after(A_MOMENT) == [Outcome.CLEANED]

    def test_a_claim_that_was_cut_short_after_its_commit_is_finished(
        self, service: InMemoryService, quote: Started
    ) -> None:
        with (
            mock.patch.object(service.quotes, "finish_claim", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            service.register(quote)
        assert not service.has_tombstone(quote)
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.CLEANED]
        assert service.has_tombstone(quote)

    def test_a_draft_that_a_failover_brought_back_goes_at_the_next_pass(
        self, service: InMemoryService, quote: Started
    ) -> None:
        restore = service.quotes.backup(service.ref(quote))
        service.register(quote)
        service.reconcile_after(REPAIR_DELAY)
        restore()
        assert service.reconcile_after(MINUTE) == [Outcome.CLEANED]
        assert service.has_tombstone(quote)

    def test_a_save_after_the_claim_is_merged_and_the_passes_start_again(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register(quote)
        service.reconcile_after(REPAIR_DELAY)
        service.reconcile_after(MINUTE)
        service.save_past_the_claim(quote)
        assert service.reconcile_after(HOUR) == [Outcome.CLEANED]
        assert service.database.quotes[quote.quote_id].details == {"late": True}
        assert service.has_tombstone(quote)
        assert service.claim(quote).next_at == service.clock.now() + MINUTE
        service.reconcile_until_settled()
        assert not service.findings()

    def test_an_unreadable_draft_stays_in_the_store_until_it_ends(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register(quote)
        service.save_past_the_claim(quote)
        service.quotes.corrupt(service.ref(quote))
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.WAITING]
        claim = service.claim(quote)
        assert (claim.state, claim.cleanup, claim.cause) == (ClaimState.DONE, Cleanup.PENDING, Cause.DRAFT_UNREADABLE)
        assert service.quotes.peek(service.ref(quote)).raw == CORRUPT
        service.quotes.end_ttl(service.ref(quote))
        assert service.reconcile_after(HOUR) == [Outcome.CLEANED]
        claim = service.claim(quote)
        assert (claim.attempts, claim.cause, claim.last_error) == (0, None, None)

    def test_of_records_that_cannot_be_read_the_claim_s_own_goes_alone(
        self, service: InMemoryService, quote: Started
    ) -> None:
        ref = service.ref(quote)
        service.quotes.corrupt(ref, b" taken")
        with mock.patch.object(service.quotes, "finish_claim", side_effect=AWAY):
            service.register(quote)
        service.quotes.corrupt(ref, b" of a newer version, saved since")
        service.reconcile_after(REPAIR_DELAY)
        assert service.claim(quote).payload == CORRUPT + b" taken"
        assert service.quotes.peek(ref).raw == CORRUPT + b" of a newer version, saved since"
        service.quotes.corrupt(ref, b" taken")
        service.reconcile_after(HOUR)
        assert service.has_tombstone(quote)

    def test_a_newer_draft_that_the_database_refuses_is_kept_beside_the_older_quote(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register(quote)
        service.save_past_the_claim(quote)
        service.database.refuse_quotes = True
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.RETRIED]
        claim = service.claim(quote)
        assert (claim.state, claim.cause, claim.attempts) == (ClaimState.RETRY, Cause.QUOTE_REFUSED, 0)
        assert (claim.cleanup, claim.next_at) == (Cleanup.PENDING, service.clock.now())
        assert service.quotes.decode(claim.ref, claim.payload or b"").details == {"late": True}
        assert service.database.quotes[quote.quote_id].details == quote.details
        assert not service.findings()  # the draft in the store will still be moved
        service.reconcile()
        assert service.has_tombstone(quote)
        service.database.refuse_quotes = False
        service.reconcile_until_settled()
        assert service.database.quotes[quote.quote_id].details == {"late": True}
        assert not service.findings()

    def test_a_claim_without_its_server_key_waits_until_the_draft_has_ended(
        self, service: InMemoryService, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        service.register(quote)
        with mock.patch.object(type(service.tokens), "knows", return_value=False):
            service.reconcile_until_settled()
        assert "not in the keyring" in caplog.text
        assert service.claim(quote).cleanup is Cleanup.VERIFIED


class TestErasedAndDiscarded:
    @pytest.mark.parametrize("when", ["pending", "retry", "done"])
    def test_nothing_of_an_erased_account_is_built_again(
        self, service: InMemoryService, quote: Started, when: str
    ) -> None:
        if when == "pending":
            account = service.register_while_the_store_is_away(quote).account
        else:
            service.database.refuse_quotes = when == "retry"
            account = service.register(quote).account
            service.database.refuse_quotes = False
        service.save_past_the_claim(quote)
        assert service.accounts.erase(account.account_id, service.clock.now())
        service.reconcile_until_settled()
        assert (service.database.accounts, service.database.quotes) == ({}, {})
        claim = service.claim(quote)
        assert (claim.state, claim.account_id, claim.payload) == (ClaimState.DISCARDED, None, None)
        assert service.has_tombstone(quote) or service.quotes.kinds() == {}
        assert not service.findings()

    def test_an_erasure_while_a_reconciler_is_at_work_wins(self, service: InMemoryService, quote: Started) -> None:
        account = service.register_while_the_store_is_away(quote).account
        begin = service.quotes.begin_claim

        def erased_meanwhile(*args: Any) -> StoredDraft:
            service.accounts.erase(account.account_id, service.clock.now())
            return begin(*args)

        with mock.patch.object(service.quotes, "begin_claim", side_effect=erased_meanwhile):
            assert service.reconcile_after(REPAIR_DELAY) == [Outcome.WAITING]
        service.reconcile_until_settled()
        assert service.database.quotes == {}
        with pytest.raises((QuoteClaimedByAnother, QuoteAlreadyClaimed)):
            service.register(quote, applicant())
        assert not service.findings()
