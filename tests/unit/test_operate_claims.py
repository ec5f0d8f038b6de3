"""What operators do about claims."""

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
from tests.support.in_memory_service import MAX_DETAILS, REPAIR_DELAY, World

ME = Operator("ada@desk", "asked the customer")
MENDED = Draft("motor", {"make": "Fiat"})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def quote(world: World) -> Started:
    return world.start("motor", make="Seat")


@pytest.fixture
def dead(world: World, quote: Started) -> Started:
    """A quote whose draft could not be read, eight times."""
    world.quotes.corrupt(world.ref(quote))
    world.register(quote)
    while Outcome.DEAD not in world.reconcile_after(REPAIR_DELAY * 2**7):
        pass
    return quote


class TestRetry:
    def test_a_dead_claim_with_a_repaired_draft_becomes_one_quote(self, world: World, dead: Started) -> None:
        claim = world.operations.retry(dead.quote_id, ME, MENDED)
        assert (claim.state, claim.attempts, claim.next_at) == (ClaimState.RETRY, 0, world.clock.now())
        assert world.reconcile() == [Outcome.BUILT]
        assert [quote.details for quote in world.database.quotes.values()] == [MENDED.details]
        world.reconcile_until_settled()
        assert not world.findings()

    def test_it_can_be_asked_for_again_and_again_and_makes_no_second_quote(self, world: World, dead: Started) -> None:
        for _ in range(3):
            world.operations.retry(dead.quote_id, ME)
        world.operations.retry(dead.quote_id, ME, MENDED)
        world.reconcile()
        with pytest.raises(ClaimNotOpen):
            world.operations.retry(dead.quote_id, ME, MENDED)
        assert len(world.database.quotes) == 1

    def test_the_counter_begins_anew(self, world: World, dead: Started) -> None:
        world.operations.retry(dead.quote_id, ME)
        assert world.reconcile() == [Outcome.RETRIED]
        assert world.claim(dead).attempts == 1

    def test_a_claim_without_a_draft_is_fetched_again(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        before = world.quotes._entries[world.ref(quote)]
        world.quotes.end_ttl(world.ref(quote))
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        world.quotes._entries[world.ref(quote)] = before
        assert world.operations.retry(quote.quote_id, ME).state is ClaimState.FETCH_PENDING
        assert world.reconcile() == [Outcome.BUILT]

    def test_it_is_kept_with_who_when_why_before_and_after(self, world: World, dead: Started) -> None:
        before = world.claim(dead)
        after = world.operations.retry(dead.quote_id, ME, MENDED)
        [entry] = world.operations.records.audit_log(None, 10)
        assert (entry.quote_id, entry.action, entry.actor, entry.reason) == (
            dead.quote_id,
            AuditAction.RETRY,
            ME.actor,
            ME.reason,
        )
        assert (entry.at, entry.before, entry.after) == (world.clock.now(), snapshot(before), snapshot(after))
        assert "Fiat" not in str(entry)

    def test_a_draft_that_is_too_large_is_refused_and_nothing_is_changed(self, world: World, dead: Started) -> None:
        before = world.claim(dead)
        with pytest.raises(ReplacementRefused):
            world.operations.retry(dead.quote_id, ME, Draft(None, {"a": "x" * MAX_DETAILS}))
        assert world.claim(dead) == before
        assert world.operations.records.audit_log(None, 10) == []

    def test_a_claim_that_is_not_there_or_done_is_told(self, world: World, quote: Started) -> None:
        with pytest.raises(ClaimNotFound):
            world.operations.retry(quote.quote_id, ME)
        world.register(quote)
        with pytest.raises(ClaimNotOpen):
            world.operations.retry(quote.quote_id, ME)

    def test_a_draft_that_can_be_read_is_replaced_only_by_who_has_seen_it(self, world: World, dead: Started) -> None:
        world.operations.retry(dead.quote_id, ME, MENDED)
        before = world.claim(dead)
        other = Draft("motor", {"make": "Opel"})
        for unseen in (None, "0" * 12):
            with pytest.raises(DraftNotSeen):
                world.operations.retry(dead.quote_id, ME, other, unseen)
        assert world.claim(dead) == before
        digest = hashlib.sha256(before.payload or b"").hexdigest()
        assert world.operations.retry(dead.quote_id, ME, other, digest[:12]).payload != before.payload

    def test_a_repaired_draft_is_as_new_as_the_one_that_it_replaces_whatever_this_machine_s_clock_says(
        self, world: World, quote: Started
    ) -> None:
        world.clock.advance(timedelta(hours=1))
        world.database.refuse_quotes = True
        world.register(quote)
        digest = hashlib.sha256(world.claim(quote).payload or b"").hexdigest()
        assert world.operations.retry(quote.quote_id, ME, MENDED, digest).source_revision == quote.revision

    def test_what_was_saved_after_the_claim_is_newer_than_a_repaired_draft(self, world: World, dead: Started) -> None:
        world.operations.retry(dead.quote_id, ME, MENDED)
        world.save_past_the_claim(dead)
        world.reconcile_until_settled()
        assert world.database.quotes[dead.quote_id].details == {"late": True}

    def test_an_older_copy_that_comes_back_is_not(self, world: World, quote: Started) -> None:
        older = world.quotes._entries[world.ref(quote)]
        world.clock.advance(timedelta(seconds=1))
        world.quotes.corrupt(world.ref(quote))
        world.register(quote)
        world.operations.retry(quote.quote_id, ME, MENDED)
        world.reconcile()
        world.quotes._entries[world.ref(quote)] = older
        world.reconcile_until_settled()
        assert world.database.quotes[quote.quote_id].details == MENDED.details
        assert not world.findings()

    def test_a_claim_whose_server_key_is_back_is_fetched_at_once(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        with mock.patch.object(type(world.tokens), "knows", return_value=False):
            assert world.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        world.operations.retry(quote.quote_id, ME)
        assert not world.findings()
        assert world.reconcile() == [Outcome.BUILT]
        assert world.database.quotes[quote.quote_id].details == quote.details

    def test_an_expired_claim_stays_one_without_an_alarm(
        self, world: World, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.register_while_the_store_is_away(quote)
        world.quotes.end_ttl(world.ref(quote))
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.DEAD]
        world.operations.retry(quote.quote_id, ME)
        assert not world.findings()
        assert world.reconcile() == [Outcome.DEAD]
        assert world.claim(quote).cause is Cause.EXPIRED
        assert "quotehold.alarm" not in {record.name for record in caplog.records}

    def test_a_reconciler_at_work_loses_its_turn(self, world: World, dead: Started) -> None:
        world.operations.retry(dead.quote_id, ME)
        decode = world.quotes.decode

        def meanwhile(*args: Any) -> object:
            with mock.patch.object(world.quotes, "decode", side_effect=decode):
                world.operations.retry(dead.quote_id, ME, MENDED)
            return decode(*args)

        with mock.patch.object(world.quotes, "decode", side_effect=meanwhile):
            assert world.reconcile() == [Outcome.WAITING]
        assert world.reconcile() == [Outcome.BUILT]
        assert world.database.quotes[dead.quote_id].details == MENDED.details

    def test_a_claim_that_keeps_changing_is_given_up_and_told(self, world: World, dead: Started) -> None:
        with mock.patch.object(world.outbox, "change", side_effect=ClaimChanged), pytest.raises(ClaimContended):
            world.operations.retry(dead.quote_id, ME)


class TestDiscard:
    def test_a_draft_that_is_still_to_be_fetched_is_not_given_up(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        with pytest.raises(ClaimNotOpen):
            world.operations.discard(quote.quote_id, ME)
        assert world.reconcile_after(REPAIR_DELAY) == [Outcome.BUILT]

    def test_a_claim_whose_cleanup_was_verified_is_cleaned_up_once_more(self, world: World, dead: Started) -> None:
        world.reconcile_until_settled()
        claim = world.operations.discard(dead.quote_id, ME)
        assert (claim.cleanup, claim.finished_at, claim.next_at) == (Cleanup.PENDING, None, world.clock.now())

    def test_a_claim_without_a_quote_ends_and_nothing_of_it_is_kept(self, world: World, dead: Started) -> None:
        claim = world.operations.discard(dead.quote_id, ME)
        assert (claim.state, claim.account_id, claim.payload) == (ClaimState.DISCARDED, None, None)
        world.reconcile_until_settled()
        assert world.database.quotes == {}
        assert world.has_tombstone(dead) or world.quotes.kinds() == {}
        [entry] = world.operations.records.audit_log(dead.quote_id, 10)
        assert (entry.action, entry.reason) == (AuditAction.DISCARD, ME.reason)
        assert not world.findings()

    def test_an_older_quote_stays_with_the_customer(self, world: World, quote: Started) -> None:
        world.register(quote)
        world.save_past_the_claim(quote)
        world.database.refuse_quotes = True
        world.reconcile_after(REPAIR_DELAY)
        world.database.refuse_quotes = False
        world.clock.advance(timedelta(seconds=1))
        claim = world.operations.discard(quote.quote_id, ME)
        assert (claim.state, claim.payload, claim.cause) == (ClaimState.DONE, None, None)
        assert claim.next_at == world.clock.now()
        assert world.database.quotes[quote.quote_id].details == quote.details
        world.reconcile_until_settled()
        assert world.claim(quote).cleanup is Cleanup.VERIFIED
        assert not world.findings()


class TestShow:
    def test_a_dossier_has_everything_and_a_look_at_personal_data_is_remembered(
        self, world: World, dead: Started
    ) -> None:
        world.operations.retry(dead.quote_id, ME, MENDED)
        details = world.operations.show(dead.quote_id)
        assert details.draft == MENDED
        assert details.account
        assert details.account.email.address == "maria@example.com"
        assert [entry.action for entry in details.audit_log] == [AuditAction.RETRY]
        details = world.operations.show(dead.quote_id, revealed_to=ME)
        assert [entry.action for entry in details.audit_log] == [AuditAction.RETRY, AuditAction.REVEAL]
        assert details.audit_log[1].before == details.audit_log[1].after

    def test_a_draft_that_cannot_be_read_is_none(self, world: World, dead: Started) -> None:
        details = world.operations.show(dead.quote_id)
        assert (details.draft, details.claim.payload) == (None, CORRUPT)

    def test_a_claim_that_is_not_there_is_told(self, world: World) -> None:
        with pytest.raises(ClaimNotFound):
            world.operations.show("qt_nothing")
