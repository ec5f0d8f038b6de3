"""What an owner sees of the quotes in the account, and what becomes of one that he deletes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.accounts.account_quote import FailureReason
from domain.claims import Cause, ClaimState, QuoteStatus
from domain.errors import AccessTokenInvalid, DatabaseUnavailable, QuoteNotFound
from domain.model import AccessToken
from domain.use_cases.reconcile_claims import Outcome
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import REPAIR_DELAY, World, access_to, applicant


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def quote(world: World) -> Started:
    return world.start("motor", make="Seat")


class TestToSee:
    def test_a_quote_that_is_claimed(self, world: World, quote: Started) -> None:
        registered = world.register(quote)
        seen = world.services.get_account_quote(access_to(registered), quote.quote_id)
        assert (seen.status, seen.details, seen.reason) == (QuoteStatus.CLAIMED, quote.details, None)
        assert (seen.created_at, seen.claimed_at) == (quote.created_at, world.clock.now())

    def test_a_pending_quote_without_details(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        seen = world.services.get_account_quote(world.log_in(), quote.quote_id)
        assert (seen.status, seen.details, seen.claimed_at, seen.reason) == (QuoteStatus.PENDING, None, None, None)

    def test_an_expired_quote_as_failed_with_that_reason(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)
        world.reconcile_after(world.lifetime.ttl * 2)
        seen = world.services.get_account_quote(world.log_in(), quote.quote_id)
        assert (seen.status, seen.reason) == (QuoteStatus.FAILED, FailureReason.EXPIRED)

    def test_that_a_quote_waits_for_a_person(self, world: World, quote: Started) -> None:
        world.quotes.corrupt(world.ref(quote))
        world.register(quote)
        while Outcome.DEAD not in world.reconcile_after(REPAIR_DELAY * 2**7):
            pass
        [seen] = world.services.list_account_quotes(world.log_in(), None, 10).items
        assert (seen.status, seen.reason, seen.details) == (QuoteStatus.FAILED, FailureReason.NEEDS_REPAIR, None)

    def test_the_older_quote_while_a_newer_draft_is_repaired(self, world: World, quote: Started) -> None:
        registered = world.register(quote)
        world.save_past_the_claim(quote)
        world.database.refuse_quotes = True
        world.reconcile_after(REPAIR_DELAY)
        assert world.claim(quote).cause is Cause.QUOTE_REFUSED
        seen = world.services.get_account_quote(access_to(registered), quote.quote_id)
        assert (seen.status, seen.details) == (QuoteStatus.CLAIMED, quote.details)

    @pytest.mark.parametrize("quote_id", ["qt_unknown", "", "\0", "qt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"])
    def test_nothing_that_is_unknown(self, world: World, quote: Started, quote_id: str) -> None:
        token = access_to(world.register(quote))
        for call in (world.services.get_account_quote, world.services.discard_account_quote):
            with pytest.raises(QuoteNotFound):
                call(token, quote_id)

    def test_nothing_of_others(self, world: World, quote: Started) -> None:
        world.register(quote)
        other = access_to(world.register(world.start(), applicant("bob@example.com")))
        for call in (world.services.get_account_quote, world.services.discard_account_quote):
            with pytest.raises(QuoteNotFound):
                call(other, quote.quote_id)
        assert quote.quote_id in world.database.quotes
        assert len(world.services.list_account_quotes(other, None, 10).items) == 1

    def test_page_after_page_from_the_newest_on(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))
        started = [quote.quote_id, *(_claimed(world, token) for _ in range(4))]

        first = world.services.list_account_quotes(token, None, 2)
        second = world.services.list_account_quotes(token, first.next, 2)
        last = world.services.list_account_quotes(token, second.next, 2)

        pages = [item.quote_id for page in (first, second, last) for item in page.items]
        assert started[::-1] == pages
        assert last.next is None

    def test_that_a_full_page_is_the_last_one(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))
        assert world.services.list_account_quotes(token, None, 1).next is None

    def test_nothing_without_a_session(self, world: World, quote: Started) -> None:
        world.register(quote)
        for call in (world.services.get_account_quote, world.services.discard_account_quote):
            with pytest.raises(AccessTokenInvalid):
                call(AccessToken("at_x"), quote.quote_id)
        with pytest.raises(AccessTokenInvalid):
            world.services.list_account_quotes(AccessToken("at_x"), None, 10)


class TestToDelete:
    def test_a_claimed_quote(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))

        world.services.discard_account_quote(token, quote.quote_id)

        assert world.claim(quote).state is ClaimState.DISCARDED
        assert not world.database.quotes
        assert world.services.list_account_quotes(token, None, 10).items == []
        with pytest.raises(QuoteNotFound):
            world.services.get_account_quote(token, quote.quote_id)

    def test_a_pending_quote_whose_draft_goes_with_it(self, world: World, quote: Started) -> None:
        world.register_while_the_store_is_away(quote)

        world.services.discard_account_quote(world.log_in(), quote.quote_id)
        world.reconcile()

        assert world.has_tombstone(quote)
        world.reconcile_until_settled()
        assert not world.database.quotes

    def test_nothing_while_the_database_is_away(self, world: World, quote: Started) -> None:
        token = access_to(world.register(quote))
        world.database.is_down = True
        with pytest.raises(DatabaseUnavailable):
            world.services.discard_account_quote(token, quote.quote_id)
        world.database.is_down = False
        assert quote.quote_id in world.database.quotes


def _claimed(world: World, token: AccessToken) -> str:
    """Another quote in that account, a little later."""
    world.clock.advance(timedelta(seconds=1))
    quote = world.start()
    world.services.claim_quote(quote.quote_id, quote.token, token)
    return quote.quote_id
