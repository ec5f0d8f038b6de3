"""The quotes of an account: an owner lists, reads and deletes them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.accounts.account_quote import FailureCause
from domain.claims import Cause, ClaimState, QuoteStatus
from domain.errors import AccessTokenInvalid, DatabaseUnavailable, QuoteNotFound
from domain.model import AccessToken
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import REPAIR_DELAY, InMemoryService, access_to, applicant


class TestToSee:
    def test_a_quote_that_is_claimed(self, service: InMemoryService, quote: Started) -> None:
        registered = service.register(quote)
        seen = service.services.get_account_quote(access_to(registered), quote.quote_id)
        assert (seen.status, seen.details, seen.cause) == (QuoteStatus.CLAIMED, quote.details, None)
        assert (seen.created_at, seen.claimed_at) == (quote.created_at, service.clock.now())

    def test_a_pending_quote_without_details(self, service: InMemoryService, quote: Started) -> None:
        service.register_while_the_store_is_away(quote)
        seen = service.services.get_account_quote(service.log_in(), quote.quote_id)
        assert (seen.status, seen.details, seen.claimed_at, seen.cause) == (QuoteStatus.PENDING, None, None, None)

    def test_an_expired_quote_as_failed_with_that_reason(self, service: InMemoryService, quote: Started) -> None:
        service.register_while_the_store_is_away(quote)
        service.reconcile_after(service.lifetime.ttl * 2)
        seen = service.services.get_account_quote(service.log_in(), quote.quote_id)
        assert (seen.status, seen.cause) == (QuoteStatus.FAILED, FailureCause.EXPIRED)

    def test_a_dead_claim_as_failed_until_it_is_repaired(self, service: InMemoryService, quote: Started) -> None:
        service.quotes.corrupt(service.ref(quote))
        service.register(quote)
        service.reconcile_until_dead()
        [seen] = service.services.list_account_quotes(service.log_in(), None, 10).items
        assert (seen.status, seen.cause, seen.details) == (QuoteStatus.FAILED, FailureCause.NEEDS_REPAIR, None)

    def test_the_older_quote_while_a_newer_draft_is_repaired(self, service: InMemoryService, quote: Started) -> None:
        registered = service.register(quote)
        service.save_past_the_claim(quote)
        service.database.refuse_quotes = True
        service.reconcile_after(REPAIR_DELAY)
        assert service.claim(quote).cause is Cause.QUOTE_REFUSED
        seen = service.services.get_account_quote(access_to(registered), quote.quote_id)
        assert (seen.status, seen.details) == (QuoteStatus.CLAIMED, quote.details)

    @pytest.mark.parametrize("quote_id", ["qt_unknown", "", "\0", "qt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"])
    def test_nothing_that_is_unknown(self, service: InMemoryService, quote: Started, quote_id: str) -> None:
        token = access_to(service.register(quote))
        for call in (service.services.get_account_quote, service.services.discard_account_quote):
            with pytest.raises(QuoteNotFound):
                call(token, quote_id)

    def test_nothing_of_others(self, service: InMemoryService, quote: Started) -> None:
        service.register(quote)
        other = access_to(service.register(service.start(), applicant("bob@example.com")))
        for call in (service.services.get_account_quote, service.services.discard_account_quote):
            with pytest.raises(QuoteNotFound):
                call(other, quote.quote_id)
        assert quote.quote_id in service.database.quotes
        assert len(service.services.list_account_quotes(other, None, 10).items) == 1

    def test_page_after_page_from_the_newest_on(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))
        started = [quote.quote_id, *(_claimed(service, token) for _ in range(4))]

        first = service.services.list_account_quotes(token, None, 2)
        second = service.services.list_account_quotes(token, first.next, 2)
        last = service.services.list_account_quotes(token, second.next, 2)

        pages = [item.quote_id for page in (first, second, last) for item in page.items]
        assert started[::-1] == pages
        assert last.next is None

    def test_no_cursor_after_a_full_last_page(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))
        assert service.services.list_account_quotes(token, None, 1).next is None

    def test_nothing_without_a_session(self, service: InMemoryService, quote: Started) -> None:
        service.register(quote)
        for call in (service.services.get_account_quote, service.services.discard_account_quote):
            with pytest.raises(AccessTokenInvalid):
                call(AccessToken("at_x"), quote.quote_id)
        with pytest.raises(AccessTokenInvalid):
            service.services.list_account_quotes(AccessToken("at_x"), None, 10)


class TestToDelete:
    def test_a_claimed_quote(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))

        service.services.discard_account_quote(token, quote.quote_id)

        assert service.claim(quote).state is ClaimState.DISCARDED
        assert not service.database.quotes
        assert service.services.list_account_quotes(token, None, 10).items == []
        with pytest.raises(QuoteNotFound):
            service.services.get_account_quote(token, quote.quote_id)

    def test_a_pending_quote_whose_draft_goes_with_it(self, service: InMemoryService, quote: Started) -> None:
        service.register_while_the_store_is_away(quote)

        service.services.discard_account_quote(service.log_in(), quote.quote_id)
        service.reconcile()

        assert service.has_tombstone(quote)
        service.reconcile_until_settled()
        assert not service.database.quotes

    def test_nothing_while_the_database_is_away(self, service: InMemoryService, quote: Started) -> None:
        token = access_to(service.register(quote))
        service.database.is_down = True
        with pytest.raises(DatabaseUnavailable):
            service.services.discard_account_quote(token, quote.quote_id)
        service.database.is_down = False
        assert quote.quote_id in service.database.quotes


def _claimed(service: InMemoryService, token: AccessToken) -> str:
    """Claim another quote for that account, one second later."""
    service.clock.advance(timedelta(seconds=1))
    quote = service.start()
    service.services.claim_quote(quote.quote_id, quote.token, token)
    return quote.quote_id
