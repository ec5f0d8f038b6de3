"""Operators' calls on claims."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from domain.claims import Cause, ClaimState, Cleanup
from domain.errors import (
    ClaimChanged,
    ClaimContended,
    ClaimNotFound,
    ClaimNotOpen,
    DraftNotSeen,
    ReplacementRefused,
)
from domain.model import Draft
from domain.repairing.audit import AuditAction, Operator, snapshot
from domain.use_cases.reconcile_claims import Outcome
from domain.use_cases.start_quote import Started
from tests.doubles.quotes import CORRUPT
from tests.support.in_memory_service import MAX_DETAILS, REPAIR_DELAY, InMemoryService

ME = Operator("ada@desk", "asked the customer")
MENDED = Draft("motor", {"make": "Fiat"})


@pytest.fixture
def unreadable_quote(service: InMemoryService, quote: Started) -> Started:
    """A quote with a dead claim: its draft could not be read at eight attempts."""
    service.quotes.corrupt(service.ref(quote))
    service.register(quote)
    service.reconcile_until_dead()
    return quote


class TestRetry:
    def test_a_dead_claim_with_a_repaired_draft_becomes_one_quote(
        self, service: InMemoryService, unreadable_quote: Started
    ) -> None:
        claim = service.operations.retry(unreadable_quote.quote_id, ME, MENDED)
        assert (claim.state, claim.attempts, claim.next_at) == (ClaimState.RETRY, 0, service.clock.now())
        assert service.reconcile() == [Outcome.BUILT]
        assert [quote.details for quote in service.database.quotes.values()] == [MENDED.details]
        service.reconcile_until_settled()
        assert not service.findings()

    def test_it_can_be_asked_for_again_and_again_and_makes_no_second_quote(
        self, service: InMemoryService, unreadable_quote: Started
    ) -> None:
        for _ in range(3):
            service.operations.retry(unreadable_quote.quote_id, ME)
        service.operations.retry(unreadable_quote.quote_id, ME, MENDED)
        service.reconcile()
        with pytest.raises(ClaimNotOpen):
            service.operations.retry(unreadable_quote.quote_id, ME, MENDED)
        assert len(service.database.quotes) == 1

    def test_the_counter_begins_anew(self, service: InMemoryService, unreadable_quote: Started) -> None:
        service.operations.retry(unreadable_quote.quote_id, ME)
        assert service.reconcile() == [Outcome.RETRIED]
        assert service.claim(unreadable_quote).attempts == 1

    def test_a_claim_without_a_draft_is_fetched_again(self, service: InMemoryService, quote: Started) -> None:
        service.register_while_the_store_is_away(quote)
        restore = service.quotes.backup(service.ref(quote))
        service.quotes.end_ttl(service.ref(quote))
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        restore()
        assert service.operations.retry(quote.quote_id, ME).state is ClaimState.FETCH_PENDING
        assert service.reconcile() == [Outcome.BUILT]

    def test_the_audit_entry_has_actor_time_reason_and_both_states(
        self, service: InMemoryService, unreadable_quote: Started
    ) -> None:
        before = service.claim(unreadable_quote)
        after = service.operations.retry(unreadable_quote.quote_id, ME, MENDED)
        [entry] = service.operations.records.audit_log(None, 10)
        assert (entry.quote_id, entry.action, entry.actor, entry.reason) == (
            unreadable_quote.quote_id,
            AuditAction.RETRY,
            ME.actor,
            ME.reason,
        )
        assert (entry.at, entry.before, entry.after) == (service.clock.now(), snapshot(before), snapshot(after))
        assert "Fiat" not in str(entry)

    def test_a_draft_that_is_too_large_is_refused_and_nothing_is_changed(
        self, service: InMemoryService, unreadable_quote: Started
    ) -> None:
        before = service.claim(unreadable_quote)
        with pytest.raises(ReplacementRefused):
            service.operations.retry(unreadable_quote.quote_id, ME, Draft(None, {"a": "x" * MAX_DETAILS}))
        assert service.claim(unreadable_quote) == before
        assert service.operations.records.audit_log(None, 10) == []

    def test_a_claim_that_is_unknown_or_done_is_refused(self, service: InMemoryService, quote: Started) -> None:
        with pytest.raises(ClaimNotFound):
            service.operations.retry(quote.quote_id, ME)
        service.register(quote)
        with pytest.raises(ClaimNotOpen):
            service.operations.retry(quote.quote_id, ME)

    def test_a_readable_draft_is_replaced_only_with_its_digest(
        self, service: InMemoryService, unreadable_quote: Started
    ) -> None:
        service.operations.retry(unreadable_quote.quote_id, ME, MENDED)
        before = service.claim(unreadable_quote)
        other = Draft("motor", {"make": "Opel"})
        for unseen in (None, "0" * 12):
            with pytest.raises(DraftNotSeen):
                service.operations.retry(unreadable_quote.quote_id, ME, other, unseen)
        assert service.claim(unreadable_quote) == before
        digest = hashlib.sha256(before.payload or b"").hexdigest()
        assert service.operations.retry(unreadable_quote.quote_id, ME, other, digest[:12]).payload != before.payload

    def test_a_repaired_draft_keeps_the_revision_of_the_draft_that_it_replaces(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.clock.advance(timedelta(hours=1))
        service.database.refuse_quotes = True
        service.register(quote)
        digest = hashlib.sha256(service.claim(quote).payload or b"").hexdigest()
        assert service.operations.retry(quote.quote_id, ME, MENDED, digest).source_revision == quote.revision

    def test_a_save_after_the_claim_is_newer_than_a_repaired_draft(
        self, service: InMemoryService, unreadable_quote: Started
    ) -> None:
        service.operations.retry(unreadable_quote.quote_id, ME, MENDED)
        service.save_past_the_claim(unreadable_quote)
        service.reconcile_until_settled()
        assert service.database.quotes[unreadable_quote.quote_id].details == {"late": True}

    def test_an_older_copy_that_comes_back_is_older_than_a_repaired_draft(
        self, service: InMemoryService, quote: Started
    ) -> None:
        restore = service.quotes.backup(service.ref(quote))
        service.clock.advance(timedelta(seconds=1))
        service.quotes.corrupt(service.ref(quote))
        service.register(quote)
        service.operations.retry(quote.quote_id, ME, MENDED)
        service.reconcile()
        restore()
        service.reconcile_until_settled()
        assert service.database.quotes[quote.quote_id].details == MENDED.details
        assert not service.findings()

    def test_a_claim_whose_server_key_is_back_is_fetched_at_once(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register_while_the_store_is_away(quote)
        with mock.patch.object(type(service.tokens), "knows", return_value=False):
            assert service.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        service.operations.retry(quote.quote_id, ME)
        assert not service.findings()
        assert service.reconcile() == [Outcome.BUILT]
        assert service.database.quotes[quote.quote_id].details == quote.details

    def test_an_expired_claim_stays_expired_without_an_alarm(
        self, service: InMemoryService, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        service.register_while_the_store_is_away(quote)
        service.quotes.end_ttl(service.ref(quote))
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        service.operations.retry(quote.quote_id, ME)
        assert not service.findings()
        assert service.reconcile() == [Outcome.DEAD]
        assert service.claim(quote).cause is Cause.EXPIRED
        assert "quotehold.alarm" not in {record.name for record in caplog.records}

    def test_a_reconciler_at_work_loses_its_turn(self, service: InMemoryService, unreadable_quote: Started) -> None:
        service.operations.retry(unreadable_quote.quote_id, ME)
        decode = service.quotes.decode

        def meanwhile(*args: Any) -> object:
            with mock.patch.object(service.quotes, "decode", side_effect=decode):
                service.operations.retry(unreadable_quote.quote_id, ME, MENDED)
            return decode(*args)

        with mock.patch.object(service.quotes, "decode", side_effect=meanwhile):
            assert service.reconcile() == [Outcome.WAITING]
        assert service.reconcile() == [Outcome.BUILT]
        assert service.database.quotes[unreadable_quote.quote_id].details == MENDED.details

    def test_a_claim_that_keeps_changing_is_refused(self, service: InMemoryService, unreadable_quote: Started) -> None:
        with mock.patch.object(service.outbox, "change", side_effect=ClaimChanged), pytest.raises(ClaimContended):
            service.operations.retry(unreadable_quote.quote_id, ME)


class TestDiscard:
    def test_a_draft_that_is_still_to_be_fetched_is_not_given_up(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register_while_the_store_is_away(quote)
        with pytest.raises(ClaimNotOpen):
            service.operations.discard(quote.quote_id, ME)
        assert service.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]

    def test_a_claim_whose_cleanup_was_verified_is_cleaned_up_once_more(
        self, service: InMemoryService, unreadable_quote: Started
    ) -> None:
        service.reconcile_until_settled()
        claim = service.operations.discard(unreadable_quote.quote_id, ME)
        assert (claim.cleanup, claim.finished_at, claim.next_at) == (Cleanup.PENDING, None, service.clock.now())

    def test_a_claim_without_a_quote_ends_and_nothing_of_it_is_kept(
        self, service: InMemoryService, unreadable_quote: Started
    ) -> None:
        claim = service.operations.discard(unreadable_quote.quote_id, ME)
        assert (claim.state, claim.account_id, claim.payload) == (ClaimState.DISCARDED, None, None)
        service.reconcile_until_settled()
        assert service.database.quotes == {}
        assert service.has_tombstone(unreadable_quote) or service.quotes.kinds() == {}
        [entry] = service.operations.records.audit_log(unreadable_quote.quote_id, 10)
        assert (entry.action, entry.reason) == (AuditAction.DISCARD, ME.reason)
        assert not service.findings()

    def test_an_older_quote_stays_with_the_customer(self, service: InMemoryService, quote: Started) -> None:
        service.register(quote)
        service.save_past_the_claim(quote)
        service.database.refuse_quotes = True
        service.reconcile_after(REPAIR_DELAY)
        service.database.refuse_quotes = False
        service.clock.advance(timedelta(seconds=1))
        claim = service.operations.discard(quote.quote_id, ME)
        assert (claim.state, claim.payload, claim.cause) == (ClaimState.DONE, None, None)
        assert claim.next_at == service.clock.now()
        assert service.database.quotes[quote.quote_id].details == quote.details
        service.reconcile_until_settled()
        assert service.claim(quote).cleanup is Cleanup.VERIFIED
        assert not service.findings()


class TestShow:
    def test_all_facts_are_shown_and_a_reveal_is_in_the_audit_log(
        self, service: InMemoryService, unreadable_quote: Started
    ) -> None:
        service.operations.retry(unreadable_quote.quote_id, ME, MENDED)
        details = service.operations.show(unreadable_quote.quote_id)
        assert details.draft == MENDED
        assert details.account
        assert details.account.email.address == "maria@example.com"
        assert [entry.action for entry in details.audit_log] == [AuditAction.RETRY]
        details = service.operations.show(unreadable_quote.quote_id, revealed_to=ME)
        assert [entry.action for entry in details.audit_log] == [AuditAction.RETRY, AuditAction.REVEAL]
        assert details.audit_log[1].before == details.audit_log[1].after

    def test_an_unreadable_draft_is_shown_as_none(self, service: InMemoryService, unreadable_quote: Started) -> None:
        details = service.operations.show(unreadable_quote.quote_id)
        assert (details.draft, details.claim.payload) == (None, CORRUPT)

    def test_a_missing_claim_is_reported(self, service: InMemoryService) -> None:
        with pytest.raises(ClaimNotFound):
            service.operations.show("qt_nothing")
