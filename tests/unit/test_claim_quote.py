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
from tests.support.in_memory_service import LEASE, InMemoryService, access_to, applicant


@pytest.fixture
def service() -> InMemoryService:
    return InMemoryService()


@pytest.fixture
def token(service: InMemoryService) -> AccessToken:
    """The access token of a customer who has registered with an earlier quote."""
    return access_to(service.register(service.start()))


@pytest.fixture
def quote(service: InMemoryService, token: AccessToken) -> Started:
    service.clock.advance(timedelta(hours=1))
    return service.start("motor", make="Seat")


def claim(
    service: InMemoryService, quote: Started, token: AccessToken, expected: Revision | None = None
) -> ClaimQuoteResult:
    return service.services.claim_quote(quote.quote_id, quote.token, token, expected)


def test_the_quote_is_in_the_account_and_out_of_the_store(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    claimed = claim(service, quote, token)

    assert claimed.is_new
    assert (claimed.quote.status, claimed.quote.details) == (QuoteStatus.CLAIMED, quote.details)
    assert (claimed.quote.created_at, claimed.quote.claimed_at) == (quote.created_at, service.clock.now())
    assert claimed.quote == service.services.get_account_quote(token, quote.quote_id)
    assert service.has_tombstone(quote)
    assert len(service.database.accounts) == 1
    service.reconcile_until_settled()
    assert not service.findings()


def test_the_same_account_again_is_a_success(service: InMemoryService, quote: Started, token: AccessToken) -> None:
    first = claim(service, quote, token)

    assert ClaimQuoteResult(first.quote, is_new=False) == claim(service, quote, token)
    assert ClaimQuoteResult(first.quote, is_new=False) == claim(service, quote, token, quote.revision)


def test_another_account_is_refused(service: InMemoryService, quote: Started, token: AccessToken) -> None:
    other = access_to(service.register(service.start(), applicant("bob@example.com")))
    claim(service, quote, other)

    with pytest.raises(QuoteClaimedByAnother):
        claim(service, quote, token)
    with pytest.raises(QuoteClaimedByAnother):
        service.register(quote)


def test_a_visitor_who_has_registered_keeps_his_quote(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    service.register(quote, applicant("bob@example.com"))

    with pytest.raises(QuoteClaimedByAnother):
        claim(service, quote, token)


def test_both_secrets_are_needed(service: InMemoryService, quote: Started, token: AccessToken) -> None:
    with pytest.raises(QuoteNotFound):
        service.services.claim_quote(quote.quote_id, QuoteToken(token), token)
    with pytest.raises(QuoteNotFound):
        service.services.claim_quote(quote.quote_id, service.start().token, token)
    with pytest.raises(AccessTokenInvalid):
        claim(service, quote, AccessToken(quote.token))

    assert quote.details == service.services.get_quote(quote.quote_id, quote.token).details


def test_an_expired_quote_is_told_as_such(service: InMemoryService, quote: Started, token: AccessToken) -> None:
    service.clock.advance(service.lifetime.ttl)
    with pytest.raises(QuoteExpired):
        claim(service, quote, token)


def test_another_revision_than_expected_is_refused(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    with pytest.raises(RevisionMismatch):
        claim(service, quote, token, Revision(quote.revision - 1))
    assert claim(service, quote, token, quote.revision).is_new


def test_a_quote_that_the_owner_has_deleted_since_is_another_s(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    claim(service, quote, token)
    service.services.discard_account_quote(token, quote.quote_id)
    with pytest.raises(QuoteClaimedByAnother):
        claim(service, quote, token)


def test_what_was_saved_while_it_was_claimed_is_in_it(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    honest: Any = service.claims.add

    def paused(new: object) -> None:
        honest(new)
        service.save_past_the_claim(quote)

    with mock.patch.object(service.claims, "add", paused):
        claimed = claim(service, quote, token)

    assert claimed.quote.details == {"late": True}


def test_while_the_store_takes_no_writes_it_is_claimed_all_the_same(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    with mock.patch.object(service.quotes, "begin_claim", side_effect=StoreReadOnly("read only")):
        claimed = claim(service, quote, token)
    assert (claimed.is_new, claimed.quote.details) == (True, quote.details)


def test_while_drafts_are_out_of_reach_it_is_pending_and_follows(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    service.quotes.outage = StoreUnreachable("away")
    claimed = claim(service, quote, token)
    assert (claimed.is_new, claimed.quote.status, claimed.quote.details) == (True, QuoteStatus.PENDING, None)

    service.quotes.outage = None
    service.reconcile_until_settled()

    assert service.services.get_account_quote(token, quote.quote_id).details == quote.details


def test_while_sessions_are_out_of_reach_nobody_is_known(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    service.sessions.outage = StoreUnreachable("away")
    with pytest.raises(StoreUnreachable):
        claim(service, quote, token)
    assert quote.quote_id not in service.database.claims


def test_a_quote_that_cannot_be_read_is_kept_for_repair(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    service.quotes.corrupt(service.ref(quote))
    claimed = claim(service, quote, token)
    assert (claimed.is_new, claimed.quote.status) == (True, QuoteStatus.PENDING)
    assert service.claim(quote).state is ClaimState.RETRY


def test_a_database_that_is_away_leaves_the_quote_open(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    with (
        mock.patch.object(service.claims, "add", side_effect=DatabaseUnavailable("down")),
        pytest.raises(DatabaseUnavailable),
    ):
        claim(service, quote, token)
    service.services.save_details(quote.quote_id, quote.token, {"still": "open"})


def test_an_unknown_commit_leaves_it_frozen_and_the_same_request_succeeds(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    service.database.lose_next_commit = "applied"
    with pytest.raises(CommitUnknown):
        claim(service, quote, token)
    service.clock.advance(LEASE)
    assert claim(service, quote, token).quote.details == quote.details


def test_an_account_that_is_erased_meanwhile_claims_nothing_and_the_quote_stays_open(
    service: InMemoryService, quote: Started, token: AccessToken
) -> None:
    honest: Any = service.claims.add
    [account_id] = service.database.accounts

    def late(new: object) -> None:
        service.accounts.erase(account_id, service.clock.now())
        honest(new)

    with mock.patch.object(service.claims, "add", late), pytest.raises(AccessTokenInvalid):
        claim(service, quote, token)

    assert quote.quote_id not in service.database.claims
    service.services.save_details(quote.quote_id, quote.token, {"still": "open"})


def test_collisions_with_what_is_gone_again_end(service: InMemoryService, quote: Started, token: AccessToken) -> None:
    with mock.patch.object(service.claims, "add", side_effect=ClaimConflict), pytest.raises(DatabaseUnavailable):
        claim(service, quote, token)
    service.services.save_details(quote.quote_id, quote.token, {"still": "open"})
