"""The steps of a claim and each of its answers, over in-memory adapters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal
from unittest import mock

import pytest

from domain.claims import ClaimState, Cleanup, NewClaim, QuoteStatus
from domain.errors import (
    ClaimConflict,
    ClaimInProgress,
    ClaimRecordLost,
    CommitUnknown,
    DatabaseUnavailable,
    EmailTaken,
    Overloaded,
    QuoteAlreadyClaimed,
    QuoteClaimedByAnother,
    QuoteExpired,
    QuoteNotFound,
    RevisionMismatch,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnreachable,
)
from domain.model import LAST_REVISION, NO_REVISION, AccountId, Applicant, ClaimToken, Revision, SaveId
from domain.use_cases.start_quote import Started
from tests.doubles.hashers import PlainPasswordHasher
from tests.support.in_memory_service import InMemoryService, applicant


def is_open(service: InMemoryService, quote: Started) -> bool:
    """Tell whether the visitor can still save the quote."""
    saved = service.save(quote, dict(quote.details))
    return saved.details == quote.details


class TestTheQuoteIsClaimed:
    def test_the_account_the_claim_and_the_quote_are_committed(self, service: InMemoryService, quote: Started) -> None:
        service.clock.advance(timedelta(hours=1))
        registered = service.register(quote)
        account = registered.account
        claim, claimed = service.claim(quote), service.database.quotes[quote.quote_id]
        assert (account.email.address, account.name) == ("maria@example.com", "Maria")
        assert service.database.accounts == {account.account_id: account}
        assert (claim.state, claim.cleanup, claim.source_revision) == (
            ClaimState.DONE,
            Cleanup.PENDING,
            quote.revision,
        )
        assert claim.next_at == service.clock.now() + timedelta(seconds=30)
        assert (claim.account_id, claim.key_id, claim.payload) == (account.account_id, "k1", None)
        assert (claimed.product, claimed.details, claimed.account_id) == ("motor", quote.details, account.account_id)
        assert (claimed.created_at, claimed.claimed_at) == (quote.created_at, service.clock.now())

    def test_the_customer_is_answered_with_a_session(self, service: InMemoryService, quote: Started) -> None:
        registered = service.register(quote)
        assert registered.quote.status is QuoteStatus.CLAIMED
        assert registered.quote.claimed_at == service.clock.now()
        assert not registered.replayed
        assert registered.access_token
        session = service.sessions.find(registered.access_token)
        assert session
        assert session.account_id == registered.account.account_id

    def test_the_draft_is_gone_and_every_later_call_is_answered_with_claimed(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register(quote)
        services, key = service.services, (quote.quote_id, quote.token)
        calls: list[Callable[[], object]] = [
            lambda: services.get_quote(*key),
            lambda: services.save_details(*key, {}),
            lambda: services.merge_details(*key, {}),
            lambda: services.discard_quote(*key),
        ]
        for call in calls:
            with pytest.raises(QuoteAlreadyClaimed):
                call()
        service.clock.advance(timedelta(days=2))  # the tombstone has ended too
        for call in calls:
            with pytest.raises(QuoteAlreadyClaimed) as refusal:
                call()
            assert refusal.value.status is QuoteStatus.CLAIMED

    def test_the_password_is_kept_only_as_its_hash(self, service: InMemoryService, quote: Started) -> None:
        registered = service.register(quote)
        assert registered.account.password_hash == "plain:correct horse battery"
        assert "correct horse" not in repr(applicant())


class TestTheQuoteCannotBeClaimed:
    def test_a_wrong_token_is_an_unknown_quote(self, service: InMemoryService, quote: Started) -> None:
        other = service.start()
        with pytest.raises(QuoteNotFound):
            service.services.register_and_claim(quote.quote_id, other.token, applicant())
        assert not service.database.accounts

    def test_an_expired_quote(self, service: InMemoryService, quote: Started) -> None:
        service.clock.advance(timedelta(hours=24))
        with pytest.raises(QuoteExpired):
            service.register(quote)
        assert not service.database.accounts

    def test_another_revision_than_expected(self, service: InMemoryService, quote: Started) -> None:
        with pytest.raises(RevisionMismatch):
            service.register(quote, expected=Revision(quote.revision - 1))
        assert not service.database.accounts
        assert is_open(service, quote)

    def test_a_claim_that_is_running(self, service: InMemoryService, quote: Started) -> None:
        service.quotes.begin_claim(service.ref(quote), ClaimToken(b"other"), None)
        with pytest.raises(ClaimInProgress):
            service.register(quote)
        assert not service.database.accounts

    def test_an_email_that_is_taken_leaves_the_quote_open_at_once(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register(quote)
        second = service.start()
        with pytest.raises(EmailTaken):
            service.register(second)
        assert is_open(service, second)
        assert service.register(second, applicant("other@example.com")).quote.status is QuoteStatus.CLAIMED

    def test_a_tombstone_without_a_claim_is_an_alarm(
        self, service: InMemoryService, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        service.quotes.finish_claim(service.ref(quote), quote.revision)
        with pytest.raises(ClaimRecordLost):
            service.register(quote)
        assert [record.levelno for record in caplog.records if record.name == "quotehold.alarm"] == [logging.CRITICAL]


class TestReplay:
    def test_the_same_person_again_gets_the_same_account_and_a_fresh_token(
        self, service: InMemoryService, quote: Started
    ) -> None:
        first, again = service.register(quote), service.register(quote)
        assert again.replayed
        assert (again.account, again.quote) == (first.account, first.quote)
        assert again.access_token not in (None, first.access_token)

    def test_also_when_the_tombstone_has_ended(self, service: InMemoryService, quote: Started) -> None:
        first = service.register(quote)
        service.clock.advance(timedelta(days=2))
        assert service.register(quote).account == first.account

    def test_also_when_the_draft_came_back(self, service: InMemoryService, quote: Started) -> None:
        first = service.register(quote)
        service.quotes.end_ttl(service.ref(quote))
        service.quotes.create(service.ref(quote), service.ids.save_id(), "motor", quote.details)
        again = service.register(quote)
        assert (again.account, again.replayed) == (first.account, True)
        with pytest.raises(QuoteAlreadyClaimed):
            service.get(quote)

    @pytest.mark.parametrize("who", [applicant(password="another password"), applicant("else@example.com")])
    def test_another_password_or_email_is_told_apart_from_the_owner(
        self, service: InMemoryService, quote: Started, who: Applicant
    ) -> None:
        service.register(quote)
        with pytest.raises(QuoteClaimedByAnother):
            service.register(quote, who)
        assert len(service.database.accounts) == 1

    def test_also_with_the_if_match_of_the_first_time(self, service: InMemoryService, quote: Started) -> None:
        with mock.patch.object(service.quotes, "finish_claim", side_effect=StoreUnreachable("gone")):
            first = service.register(quote, expected=quote.revision)
        service.quotes.end_lease(service.ref(quote))
        service.save(quote, {"late": True})
        again = service.register(quote, expected=quote.revision)
        assert (again.account, again.replayed) == (first.account, True)

    def test_the_claim_of_an_erased_account_is_another_s(self, service: InMemoryService, quote: Started) -> None:
        service.register(quote)
        service.quotes.end_ttl(service.ref(quote))
        service.quotes.create(service.ref(quote), service.ids.save_id(), "motor", {})
        service.change_claim(quote, account_id=None, state=ClaimState.DISCARDED, source_revision=LAST_REVISION)
        with pytest.raises(QuoteClaimedByAnother):
            service.register(quote)
        with pytest.raises(QuoteAlreadyClaimed):  # the draft that came back is gone
            service.get(quote)

    def test_the_claim_is_read_before_the_email(self, service: InMemoryService, quote: Started) -> None:
        """The claim of this request holds the e-mail too; if the e-mail were read first, it would be "taken"."""
        first = service.register(quote)
        with mock.patch.object(service.accounts, "with_email", side_effect=AssertionError):
            service.quotes.end_ttl(service.ref(quote))
            service.quotes.create(service.ref(quote), service.ids.save_id(), "motor", {})
            assert service.register(quote).account == first.account


class TestTheDatabaseFails:
    def test_out_of_reach_nothing_is_committed_and_the_draft_is_open(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.database.is_down = True
        with pytest.raises(DatabaseUnavailable):
            service.register(quote)
        service.database.is_down = False
        assert is_open(service, quote)
        assert service.register(quote).quote.status is QuoteStatus.CLAIMED

    def test_its_ttl_was_restarted(self, service: InMemoryService, quote: Started) -> None:
        service.clock.advance(timedelta(hours=23))
        service.database.is_down = True
        with pytest.raises(DatabaseUnavailable):
            service.register(quote)
        service.clock.advance(timedelta(hours=23))
        assert service.get(quote).details == quote.details

    def test_no_connection_free_opens_the_draft_too(self, service: InMemoryService, quote: Started) -> None:
        with mock.patch.object(service.claims, "add", side_effect=Overloaded), pytest.raises(Overloaded):
            service.register(quote)
        assert is_open(service, quote)

    @pytest.mark.parametrize("fate", ["applied", "dropped"])
    def test_an_unknown_commit_leaves_the_draft_frozen_and_the_same_request_succeeds(
        self, service: InMemoryService, quote: Started, fate: Literal["applied", "dropped"]
    ) -> None:
        service.database.lose_next_commit = fate
        with pytest.raises(CommitUnknown):
            service.register(quote)
        with pytest.raises(ClaimInProgress):
            service.register(quote)
        service.clock.advance(timedelta(seconds=16))
        assert service.register(quote).replayed is (fate == "applied")
        assert (len(service.database.accounts), len(service.database.quotes)) == (1, 1)

    def test_a_commit_that_is_found_to_be_the_callers_own_is_not_a_replay(
        self, service: InMemoryService, quote: Started
    ) -> None:
        add = service.claims.add

        def committed_after_all(new: NewClaim) -> None:
            add(new)
            raise ClaimConflict

        with mock.patch.object(service.claims, "add", side_effect=committed_after_all):
            registered = service.register(quote)
        assert not registered.replayed
        assert registered.account.account_id in service.database.accounts

    def test_collisions_with_rows_that_are_gone_again_are_repeated_and_end(
        self, service: InMemoryService, quote: Started
    ) -> None:
        with mock.patch.object(service.claims, "add", side_effect=ClaimConflict) as add:
            with pytest.raises(DatabaseUnavailable):
                service.register(quote)
            assert add.call_count == 4
        assert is_open(service, quote)

    def test_a_quote_that_the_database_refuses_is_kept_for_repair(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.database.refuse_quotes = True
        registered = service.register(quote)
        claim = service.claim(quote)
        assert (registered.quote.status, registered.quote.claimed_at) == (QuoteStatus.PENDING, None)
        assert (claim.state, claim.account_id) == (ClaimState.RETRY, registered.account.account_id)
        assert claim.payload
        assert service.quotes.decode(service.ref(quote), claim.payload).details == quote.details
        assert not service.database.quotes
        with pytest.raises(QuoteAlreadyClaimed):
            service.get(quote)

    def test_a_refusal_after_collisions_is_kept_for_repair_too(self, service: InMemoryService, quote: Started) -> None:
        add, collisions = service.claims.add, [ClaimConflict(), ClaimConflict()]

        def colliding(new: NewClaim) -> None:
            if collisions:
                raise collisions.pop()
            add(new)

        service.database.refuse_quotes = True
        with mock.patch.object(service.claims, "add", side_effect=colliding):
            assert service.register(quote).quote.status is QuoteStatus.PENDING

    def test_a_newer_draft_that_the_database_refuses_does_not_fail_the_claim(
        self, service: InMemoryService, quote: Started
    ) -> None:
        add = service.claims.add

        def paused(new: NewClaim) -> None:
            add(new)
            service.quotes.end_lease(service.ref(quote))
            service.save(quote, {"late": True})
            service.database.refuse_quotes = True

        with mock.patch.object(service.claims, "add", side_effect=paused):
            assert service.register(quote).quote.status is QuoteStatus.CLAIMED
        assert service.quotes.get(service.ref(quote)).details == {"late": True}

    def test_a_draft_that_cannot_be_read_has_no_revision_to_expect(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.quotes.corrupt(service.ref(quote))
        for outage in (None, StoreReadOnly("replica")):
            service.quotes.write_outage = outage
            with pytest.raises(StoreUnavailable):
                service.register(quote, expected=quote.revision)
        assert not service.database.accounts

    def test_a_draft_that_cannot_be_decoded_is_kept_for_repair(self, service: InMemoryService, quote: Started) -> None:
        service.quotes.corrupt(service.ref(quote))
        assert service.register(quote).quote.status is QuoteStatus.PENDING
        claim = service.claim(quote)
        assert (claim.state, claim.payload) == (ClaimState.RETRY, b"\xff")


class TestTheStoreFails:
    def test_out_of_reach_the_registration_is_accepted_and_the_quote_follows(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.quotes.outage = service.sessions.outage = StoreUnreachable("down")
        registered = service.register(quote)
        claim = service.claim(quote)
        assert (registered.quote.status, registered.quote.claimed_at) == (QuoteStatus.PENDING, None)
        assert (registered.access_token, registered.expires_at) == (None, None)
        assert (claim.state, claim.source_revision, claim.payload) == (ClaimState.FETCH_PENDING, NO_REVISION, None)
        service.quotes.outage = None
        assert service.quotes.get(service.ref(quote)).details == quote.details

    def test_a_pending_registration_is_replayed_and_its_draft_stays(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.quotes.outage = StoreUnreachable("down")
        first = service.register(quote)
        service.quotes.outage = None
        again = service.register(quote)
        assert (again.account, again.replayed, again.quote.status) == (first.account, True, QuoteStatus.PENDING)
        assert is_open(service, quote)

    def test_with_if_match_it_cannot_be_served_blind(self, service: InMemoryService, quote: Started) -> None:
        service.quotes.outage = StoreUnreachable("down")
        with pytest.raises(StoreUnreachable):
            service.register(quote, expected=quote.revision)
        assert not service.database.accounts

    def test_a_quote_past_its_end_has_expired_though_the_store_is_away(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.clock.advance(timedelta(days=31, seconds=1))
        service.quotes.outage = StoreUnreachable("down")
        with pytest.raises(QuoteExpired):
            service.register(quote)
        with pytest.raises(QuoteExpired):
            service.get(quote)
        assert not service.database.accounts

    @pytest.mark.parametrize("outage", [StoreReadOnly("replica"), StoreFull("oom")])
    def test_a_store_that_only_reads_is_good_enough(
        self, service: InMemoryService, quote: Started, outage: StoreReadOnly | StoreFull
    ) -> None:
        service.quotes.write_outage = outage
        registered = service.register(quote, expected=quote.revision)
        assert registered.quote.status is QuoteStatus.CLAIMED
        assert service.database.quotes[quote.quote_id].details == quote.details

    def test_a_store_that_only_reads_still_checks_the_revision(self, service: InMemoryService, quote: Started) -> None:
        service.quotes.write_outage = StoreReadOnly("replica")
        with pytest.raises(RevisionMismatch):
            service.register(quote, expected=Revision(1))

    def test_a_quote_between_its_end_and_one_ttl_later_may_still_be_there(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.clock.advance(timedelta(days=30, hours=23))
        service.quotes.outage = StoreUnreachable("down")
        assert service.register(quote).quote.status is QuoteStatus.PENDING

    def test_a_claimed_quote_past_its_end_is_claimed_though_the_store_is_away(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.register(quote)
        service.clock.advance(timedelta(days=40))
        service.quotes.outage = StoreUnreachable("down")
        assert service.register(quote).replayed
        with pytest.raises(QuoteAlreadyClaimed):
            service.get(quote)

    def test_a_store_that_only_reads_and_then_is_gone_is_out_of_reach(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.quotes.write_outage = StoreReadOnly("replica")
        with mock.patch.object(service.quotes, "peek", side_effect=StoreUnreachable("gone")):
            assert service.register(quote).quote.status is QuoteStatus.PENDING

    def test_a_store_that_only_reads_and_has_nothing_may_be_behind(
        self, service: InMemoryService, quote: Started
    ) -> None:
        service.quotes.end_ttl(service.ref(quote))
        service.quotes.write_outage = StoreReadOnly("replica")
        assert service.register(quote).quote.status is QuoteStatus.PENDING

    def test_a_finish_that_fails_is_left_to_the_reconciler(self, service: InMemoryService, quote: Started) -> None:
        with mock.patch.object(service.quotes, "finish_claim", side_effect=StoreUnreachable("gone")):
            registered = service.register(quote)
        assert registered.quote.status is QuoteStatus.CLAIMED
        assert service.claim(quote).cleanup is Cleanup.PENDING

    def test_an_abort_that_fails_does_not_hide_the_answer(self, service: InMemoryService, quote: Started) -> None:
        service.database.is_down = True
        with (
            mock.patch.object(service.quotes, "abort_claim", side_effect=StoreUnreachable("gone")),
            pytest.raises(DatabaseUnavailable),
        ):
            service.register(quote)


class TestTheClaimerWasPaused:
    def test_a_save_after_the_freeze_is_in_the_claimed_quote(self, service: InMemoryService, quote: Started) -> None:
        add = service.claims.add

        def paused(new: NewClaim) -> None:
            service.quotes.end_lease(service.ref(quote))
            service.save(quote, {"late": True})
            add(new)

        with mock.patch.object(service.claims, "add", side_effect=paused):
            service.register(quote)
        claimed = service.database.quotes[quote.quote_id]
        assert claimed.details == {"late": True}
        assert service.claim(quote).source_revision == claimed.source_revision > quote.revision
        with pytest.raises(QuoteAlreadyClaimed):
            service.get(quote)

    def test_a_claimer_that_was_overtaken_makes_no_account(self, service: InMemoryService, quote: Started) -> None:
        add = service.claims.add

        def paused(new: NewClaim) -> None:
            service.quotes.end_lease(service.ref(quote))
            with mock.patch.object(service.claims, "add", add):
                service.register(quote, applicant("b@example.com"))
            add(new)

        with mock.patch.object(service.claims, "add", paused), pytest.raises(QuoteClaimedByAnother):
            service.register(quote, applicant("a@example.com"))
        assert [account.email.key for account in service.database.accounts.values()] == ["b@example.com"]

    def test_a_draft_that_keeps_changing_is_left_for_a_later_pass(
        self, service: InMemoryService, quote: Started, caplog: pytest.LogCaptureFixture
    ) -> None:
        ref, finish = service.ref(quote), service.quotes.finish_claim

        def busy(*args: Any) -> object:
            number = service.ids.account_id()[-8:].encode()
            service.quotes.end_lease(ref)
            service.quotes.save(ref, SaveId(number), {"n": number.decode()}, None)
            return finish(*args)

        with mock.patch.object(service.quotes, "finish_claim", side_effect=busy):
            assert service.register(quote).quote.status is QuoteStatus.CLAIMED
        assert "left to the reconciler" in caplog.text
        saved = service.quotes.get(ref)
        assert service.database.quotes[quote.quote_id].details == saved.details

    def test_a_newer_draft_that_cannot_be_read_stays_in_the_store(
        self, service: InMemoryService, quote: Started
    ) -> None:
        add = service.claims.add

        def paused(new: NewClaim) -> None:
            service.quotes.end_lease(service.ref(quote))
            service.save(quote, {"late": True})
            service.quotes.corrupt(service.ref(quote))
            add(new)

        with mock.patch.object(service.claims, "add", side_effect=paused):
            assert service.register(quote).quote.status is QuoteStatus.CLAIMED
        assert service.database.quotes[quote.quote_id].details == quote.details
        assert service.quotes.peek(service.ref(quote)).raw == b"\xff"

    def test_the_password_is_verified_for_every_email(self, service: InMemoryService, quote: Started) -> None:
        """Otherwise the time of the answer would reveal whether the e-mail or the password is wrong."""
        service.register(quote)
        with (
            mock.patch.object(PlainPasswordHasher, "verify", return_value=True) as verify,
            pytest.raises(QuoteClaimedByAnother),
        ):
            service.register(quote, applicant("else@example.com"))
        assert verify.call_count == 1


def test_an_account_id_is_not_reused(service: InMemoryService) -> None:
    accounts: set[AccountId] = {
        service.register(service.start(), applicant(f"{n}@example.com")).account.account_id for n in range(20)
    }
    assert len(accounts) == 20


def test_store_errors_that_are_not_outages_of_reading_are_passed_on(service: InMemoryService, quote: Started) -> None:
    service.quotes.outage = StoreUnavailable("NOPERM")
    assert service.register(quote).quote.status is QuoteStatus.PENDING
