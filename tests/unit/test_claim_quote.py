"""Claims of quotes by customers who already have an account."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest

from domain.claims import ClaimState, NewClaim, QuoteStatus
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
from tests.support.in_memory_service import LEASE, InMemoryService, access_to, applicant


@pytest.fixture
def later_quote(service: InMemoryService, token: AccessToken) -> Started:
    """An open quote, started an hour after the customer with `token` registered."""
    service.clock.advance(timedelta(hours=1))
    return service.start("motor", vehicle={"make": "Seat"})


def test_the_quote_is_in_the_account_and_out_of_the_store(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    claimed = service.claim_quote(later_quote, token)

    assert claimed.is_new
    assert (claimed.quote.status, claimed.quote.details) == (QuoteStatus.CLAIMED, later_quote.details)
    assert (claimed.quote.created_at, claimed.quote.claimed_at) == (later_quote.created_at, service.clock.now())
    assert claimed.quote == service.services.get_account_quote(token, later_quote.quote_id)
    assert service.has_tombstone(later_quote)
    assert len(service.database.accounts) == 1
    service.reconcile_until_settled()
    assert not service.findings()


def test_the_same_account_again_is_a_success(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    first = service.claim_quote(later_quote, token)

    assert ClaimQuoteResult(first.quote, is_new=False) == service.claim_quote(later_quote, token)
    assert ClaimQuoteResult(first.quote, is_new=False) == service.claim_quote(later_quote, token, later_quote.revision)


def test_another_account_is_refused(service: InMemoryService, later_quote: Started, token: AccessToken) -> None:
    other = access_to(service.register(service.start(), applicant("bob@example.com")))
    service.claim_quote(later_quote, other)

    with pytest.raises(QuoteClaimedByAnother):
        service.claim_quote(later_quote, token)
    with pytest.raises(QuoteClaimedByAnother):
        service.register(later_quote)


def test_the_quote_of_a_registered_visitor_is_refused(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    service.register(later_quote, applicant("bob@example.com"))

    with pytest.raises(QuoteClaimedByAnother):
        service.claim_quote(later_quote, token)


def test_both_secrets_are_needed(service: InMemoryService, later_quote: Started, token: AccessToken) -> None:
    with pytest.raises(QuoteNotFound):
        service.services.claim_quote(later_quote.quote_id, QuoteToken(token), token)
    with pytest.raises(QuoteNotFound):
        service.services.claim_quote(later_quote.quote_id, service.start().token, token)
    with pytest.raises(AccessTokenInvalid):
        service.claim_quote(later_quote, AccessToken(later_quote.token))

    assert later_quote.details == service.get(later_quote).details


def test_an_expired_quote_is_refused_as_expired(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    service.clock.advance(service.lifetime.ttl)
    with pytest.raises(QuoteExpired):
        service.claim_quote(later_quote, token)


def test_another_revision_than_expected_is_refused(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    with pytest.raises(RevisionMismatch):
        service.claim_quote(later_quote, token, Revision(later_quote.revision - 1))
    assert service.claim_quote(later_quote, token, later_quote.revision).is_new


def test_a_quote_that_its_owner_deleted_is_refused_as_claimed(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    service.claim_quote(later_quote, token)
    service.services.discard_account_quote(token, later_quote.quote_id)
    with pytest.raises(QuoteClaimedByAnother):
        service.claim_quote(later_quote, token)


def test_a_save_during_the_claim_is_in_the_claimed_quote(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    add = service.claims.add

    def paused(new: NewClaim) -> None:
        add(new)
        service.save_past_the_claim(later_quote)

    with mock.patch.object(service.claims, "add", paused):
        claimed = service.claim_quote(later_quote, token)

    assert claimed.quote.details == {"late": True}


def test_while_the_store_takes_no_writes_it_is_claimed_all_the_same(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    with mock.patch.object(service.quotes, "begin_claim", side_effect=StoreReadOnly("read only")):
        claimed = service.claim_quote(later_quote, token)
    assert (claimed.is_new, claimed.quote.details) == (True, later_quote.details)


def test_while_drafts_are_out_of_reach_it_is_pending_and_follows(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    service.quotes.outage = StoreUnreachable("away")
    claimed = service.claim_quote(later_quote, token)
    assert (claimed.is_new, claimed.quote.status, claimed.quote.details) == (True, QuoteStatus.PENDING, None)

    service.quotes.outage = None
    service.reconcile_until_settled()

    assert service.services.get_account_quote(token, later_quote.quote_id).details == later_quote.details


def test_while_sessions_are_out_of_reach_nothing_is_claimed(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    service.sessions.outage = StoreUnreachable("away")
    with pytest.raises(StoreUnreachable):
        service.claim_quote(later_quote, token)
    assert later_quote.quote_id not in service.database.claims


def test_a_quote_that_cannot_be_read_is_kept_for_repair(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    service.quotes.corrupt(service.ref(later_quote))
    claimed = service.claim_quote(later_quote, token)
    assert (claimed.is_new, claimed.quote.status) == (True, QuoteStatus.PENDING)
    assert service.claim(later_quote).state is ClaimState.RETRY


def test_a_database_that_is_away_leaves_the_quote_open(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    with (
        mock.patch.object(service.claims, "add", side_effect=DatabaseUnavailable("down")),
        pytest.raises(DatabaseUnavailable),
    ):
        service.claim_quote(later_quote, token)
    service.save(later_quote, {"still": "open"})


def test_an_unknown_commit_leaves_it_frozen_and_the_same_request_succeeds(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    service.database.lose_next_commit = "applied"
    with pytest.raises(CommitUnknown):
        service.claim_quote(later_quote, token)
    service.clock.advance(LEASE)
    assert service.claim_quote(later_quote, token).quote.details == later_quote.details


def test_an_account_that_is_erased_meanwhile_claims_nothing_and_the_quote_stays_open(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    add = service.claims.add
    [account_id] = service.database.accounts

    def late(new: NewClaim) -> None:
        service.accounts.erase(account_id, service.clock.now())
        add(new)

    with mock.patch.object(service.claims, "add", late), pytest.raises(AccessTokenInvalid):
        service.claim_quote(later_quote, token)

    assert later_quote.quote_id not in service.database.claims
    service.save(later_quote, {"still": "open"})


def test_collisions_with_vanished_claims_end(
    service: InMemoryService, later_quote: Started, token: AccessToken
) -> None:
    with mock.patch.object(service.claims, "add", side_effect=ClaimConflict), pytest.raises(DatabaseUnavailable):
        service.claim_quote(later_quote, token)
    service.save(later_quote, {"still": "open"})
