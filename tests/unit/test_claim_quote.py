"""An account that exists claims a quote."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from domain.claims import ClaimState, QuoteStatus
from domain.errors import (
    AccessTokenInvalid,
    ClaimConflict,
    CommitUnknown,
    DatabaseUnavailable,
    QuoteClaimedByAnother,
    QuoteExpired,
    QuoteNotFound,
    RevisionMismatch,
    StoreReadOnly,
    StoreUnreachable,
)
from domain.model import AccessToken, QuoteToken, Revision
from domain.use_cases.claim_quote import ClaimQuoteResult
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import LEASE, World, access_to, applicant


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def token(world: World) -> AccessToken:
    """Of a customer who has registered with an earlier quote."""
    return access_to(world.register(world.start()))


@pytest.fixture
def quote(world: World, token: AccessToken) -> Started:
    world.clock.advance(timedelta(hours=1))
    return world.start("motor", make="Seat")


def claim(world: World, quote: Started, token: AccessToken, expected: Revision | None = None) -> ClaimQuoteResult:
    return world.services.claim_quote(quote.quote_id, quote.token, token, expected)


def test_the_quote_is_in_the_account_and_out_of_the_store(world: World, quote: Started, token: AccessToken) -> None:
    claimed = claim(world, quote, token)

    assert claimed.is_new
    assert (claimed.quote.status, claimed.quote.details) == (QuoteStatus.CLAIMED, quote.details)
    assert (claimed.quote.created_at, claimed.quote.claimed_at) == (quote.created_at, world.clock.now())
    assert claimed.quote == world.services.get_account_quote(token, quote.quote_id)
    assert world.has_tombstone(quote)
    assert len(world.database.accounts) == 1
    world.reconcile_until_settled()
    assert not world.findings()


def test_the_same_account_again_is_a_success(world: World, quote: Started, token: AccessToken) -> None:
    first = claim(world, quote, token)

    assert ClaimQuoteResult(first.quote, is_new=False) == claim(world, quote, token)
    assert ClaimQuoteResult(first.quote, is_new=False) == claim(world, quote, token, quote.revision)


def test_another_account_is_refused(world: World, quote: Started, token: AccessToken) -> None:
    other = access_to(world.register(world.start(), applicant("bob@example.com")))
    claim(world, quote, other)

    with pytest.raises(QuoteClaimedByAnother):
        claim(world, quote, token)
    with pytest.raises(QuoteClaimedByAnother):
        world.register(quote)


def test_a_visitor_who_has_registered_keeps_his_quote(world: World, quote: Started, token: AccessToken) -> None:
    world.register(quote, applicant("bob@example.com"))

    with pytest.raises(QuoteClaimedByAnother):
        claim(world, quote, token)


def test_both_secrets_are_needed(world: World, quote: Started, token: AccessToken) -> None:
    with pytest.raises(QuoteNotFound):
        world.services.claim_quote(quote.quote_id, QuoteToken(token), token)
    with pytest.raises(QuoteNotFound):
        world.services.claim_quote(quote.quote_id, world.start().token, token)
    with pytest.raises(AccessTokenInvalid):
        claim(world, quote, AccessToken(quote.token))

    assert quote.details == world.services.get_quote(quote.quote_id, quote.token).details


def test_an_expired_quote_is_told_as_such(world: World, quote: Started, token: AccessToken) -> None:
    world.clock.advance(world.lifetime.ttl)
    with pytest.raises(QuoteExpired):
        claim(world, quote, token)


def test_another_revision_than_expected_is_refused(world: World, quote: Started, token: AccessToken) -> None:
    with pytest.raises(RevisionMismatch):
        claim(world, quote, token, Revision(quote.revision - 1))
    assert claim(world, quote, token, quote.revision).is_new


def test_a_quote_that_the_owner_has_deleted_since_is_another_s(
    world: World, quote: Started, token: AccessToken
) -> None:
    claim(world, quote, token)
    world.services.discard_account_quote(token, quote.quote_id)
    with pytest.raises(QuoteClaimedByAnother):
        claim(world, quote, token)


def test_what_was_saved_while_it_was_claimed_is_in_it(world: World, quote: Started, token: AccessToken) -> None:
    honest: Any = world.claims.add

    def paused(new: object) -> None:
        honest(new)
        world.save_past_the_claim(quote)

    with mock.patch.object(world.claims, "add", paused):
        claimed = claim(world, quote, token)

    assert claimed.quote.details == {"late": True}


def test_while_the_store_takes_no_writes_it_is_claimed_all_the_same(
    world: World, quote: Started, token: AccessToken
) -> None:
    with mock.patch.object(world.quotes, "begin_claim", side_effect=StoreReadOnly("read only")):
        claimed = claim(world, quote, token)
    assert (claimed.is_new, claimed.quote.details) == (True, quote.details)


def test_while_drafts_are_out_of_reach_it_is_pending_and_follows(
    world: World, quote: Started, token: AccessToken
) -> None:
    world.quotes.outage = StoreUnreachable("away")
    claimed = claim(world, quote, token)
    assert (claimed.is_new, claimed.quote.status, claimed.quote.details) == (True, QuoteStatus.PENDING, None)

    world.quotes.outage = None
    world.reconcile_until_settled()

    assert world.services.get_account_quote(token, quote.quote_id).details == quote.details


def test_while_sessions_are_out_of_reach_nobody_is_known(world: World, quote: Started, token: AccessToken) -> None:
    world.sessions.outage = StoreUnreachable("away")
    with pytest.raises(StoreUnreachable):
        claim(world, quote, token)
    assert quote.quote_id not in world.database.claims


def test_a_quote_that_cannot_be_read_is_kept_for_repair(world: World, quote: Started, token: AccessToken) -> None:
    world.quotes.corrupt(world.ref(quote))
    claimed = claim(world, quote, token)
    assert (claimed.is_new, claimed.quote.status) == (True, QuoteStatus.PENDING)
    assert world.claim(quote).state is ClaimState.RETRY


def test_a_database_that_is_away_leaves_the_quote_open(world: World, quote: Started, token: AccessToken) -> None:
    with (
        mock.patch.object(world.claims, "add", side_effect=DatabaseUnavailable("down")),
        pytest.raises(DatabaseUnavailable),
    ):
        claim(world, quote, token)
    world.services.save_details(quote.quote_id, quote.token, {"still": "open"})


def test_an_unknown_commit_leaves_it_frozen_and_the_same_request_succeeds(
    world: World, quote: Started, token: AccessToken
) -> None:
    world.database.lose_next_commit = "applied"
    with pytest.raises(CommitUnknown):
        claim(world, quote, token)
    world.clock.advance(LEASE)
    assert claim(world, quote, token).quote.details == quote.details


def test_an_account_that_is_erased_meanwhile_claims_nothing_and_the_quote_stays_open(
    world: World, quote: Started, token: AccessToken
) -> None:
    honest: Any = world.claims.add
    [account_id] = world.database.accounts

    def late(new: object) -> None:
        world.accounts.erase(account_id, world.clock.now())
        honest(new)

    with mock.patch.object(world.claims, "add", late), pytest.raises(AccessTokenInvalid):
        claim(world, quote, token)

    assert quote.quote_id not in world.database.claims
    world.services.save_details(quote.quote_id, quote.token, {"still": "open"})


def test_collisions_with_what_is_gone_again_end(world: World, quote: Started, token: AccessToken) -> None:
    with mock.patch.object(world.claims, "add", side_effect=ClaimConflict), pytest.raises(DatabaseUnavailable):
        claim(world, quote, token)
    world.services.save_details(quote.quote_id, quote.token, {"still": "open"})
