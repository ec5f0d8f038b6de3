"""The retention of dead letters: the time until their drafts are purged, and their claims afterwards."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from domain.accounts.account_quote import FailureCause
from domain.claims import Cause, Claim, ClaimState
from domain.errors import ClaimNotOpen, DatabaseUnavailable, DraftPurged, StoreUnreachable
from domain.model import Draft
from domain.repairing.audit import Operator
from domain.repairing.schedule import RepairSchedule
from domain.use_cases import purge_dead_letters
from domain.use_cases.reconcile_claims import Outcome
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import REPAIR_DELAY, InMemoryService, applicant

RETENTION = timedelta(days=90)
MS = timedelta(milliseconds=1)
CAROL = Operator("carol", "ticket 7")


@pytest.fixture
def dead_quote(service: InMemoryService) -> Started:
    """The quote of a dead letter: the database refused it at every attempt."""
    return dead_letter(service)


def dead_letter(service: InMemoryService, email: str = "maria@example.com") -> Started:
    """Make a quote whose claim is dead after all of its passes."""
    service.database.refuse_quotes = True
    quote = service.start("motor", secret="Seat")
    service.register(quote, applicant(email))
    service.reconcile_until_settled()
    service.database.refuse_quotes = False
    return quote


def purge(service: InMemoryService, after: timedelta = timedelta()) -> int:
    """Purge after that duration, and return the number of purged dead letters."""
    service.clock.advance(after)
    purged = mock.Mock()
    service.operations.purge(lambda: False, purged)
    return purged.call_count


def until_the_end_of(retention: timedelta, claim: Claim, service: InMemoryService) -> timedelta:
    """Return the time left of the retention, which begins with the first pass after the claim died."""
    assert claim.finished_at
    return claim.finished_at + retention - service.clock.now()


def test_the_retention_of_the_service_is_that_of_these_tests(service: InMemoryService) -> None:
    assert RepairSchedule(REPAIR_DELAY, service.lifetime).retention == RETENTION


def test_a_draft_is_kept_until_its_retention_ends_and_not_longer(service: InMemoryService, dead_quote: Started) -> None:
    before = service.claim(dead_quote)
    assert (before.state, before.next_at) == (ClaimState.DEAD, None)
    assert before.payload
    assert purge(service, until_the_end_of(RETENTION, before, service) - MS) == 0
    assert before == service.claim(dead_quote)
    assert purge(service, MS) == 1
    expected = replace(before, payload=None, cause=Cause.PURGED, last_error=None, version=before.version + 1)
    assert expected == service.claim(dead_quote)
    assert purge(service, RETENTION) == 0


def test_a_draft_that_was_retried_in_vain_is_kept_as_long_again(service: InMemoryService, dead_quote: Started) -> None:
    service.clock.advance(until_the_end_of(RETENTION, service.claim(dead_quote), service) - MS)
    service.database.refuse_quotes = True
    service.operations.retry(dead_quote.quote_id, CAROL)
    service.reconcile_until_settled()
    assert purge(service) == 0
    assert purge(service, until_the_end_of(RETENTION, service.claim(dead_quote), service) - MS) == 0
    assert purge(service, MS) == 1


def test_the_owner_sees_the_quote_as_expired(service: InMemoryService, dead_quote: Started) -> None:
    purge(service, until_the_end_of(RETENTION, service.claim(dead_quote), service))
    token = service.log_in()
    shown = service.services.get_account_quote(token, dead_quote.quote_id)
    assert (shown.status, shown.cause, shown.details) == ("failed", FailureCause.EXPIRED, None)
    [exported] = service.services.export_account(token).quotes
    assert (exported.draft, exported.unreadable) == (None, None)


def test_nothing_is_purged_while_passes_are_still_due(service: InMemoryService) -> None:
    service.database.refuse_quotes = True
    quote = service.start("motor", secret="Seat")
    service.register(quote)
    while service.claim(quote).state is not ClaimState.DEAD:
        service.reconcile_after(timedelta(hours=1))
    service.reconcile()  # the first pass, with which the retention begins
    assert service.claim(quote).next_at
    assert purge(service, 2 * RETENTION) == 0  # no reconciler ran meanwhile
    assert service.claim(quote).payload
    service.reconcile_until_settled()
    assert purge(service) == 1


def test_only_dead_letters_are_purged(service: InMemoryService, dead_quote: Started) -> None:
    other = service.start("motor", secret="done")
    service.register(other, applicant("done@example.com"))
    service.database.refuse_quotes = True
    retried = service.start("motor", secret="retry")
    service.register(retried, applicant("retry@example.com"))
    before = service.claim(other), service.claim(retried), dict(service.database.quotes)
    assert purge(service, until_the_end_of(RETENTION, service.claim(dead_quote), service)) == 1
    assert before == (service.claim(other), service.claim(retried), service.database.quotes)


def test_a_draft_is_kept_while_an_operator_retries_it(service: InMemoryService, dead_quote: Started) -> None:
    purge(service, until_the_end_of(RETENTION, service.claim(dead_quote), service) - MS)
    service.database.refuse_quotes = True
    service.operations.retry(dead_quote.quote_id, CAROL)
    assert purge(service, MS) == 0
    while service.reconcile_after(timedelta(hours=1)) == [Outcome.RETRIED]:
        assert purge(service) == 0
        assert service.claim(dead_quote).payload


def test_a_draft_that_was_repaired_in_time_becomes_a_quote(service: InMemoryService, dead_quote: Started) -> None:
    service.operations.retry(dead_quote.quote_id, CAROL)
    assert Outcome.BUILT in service.reconcile()
    service.reconcile_until_settled()
    assert purge(service, 2 * RETENTION) == 0
    assert service.database.quotes[dead_quote.quote_id].details == {"secret": "Seat"}


def test_a_claim_under_repair_is_skipped_and_the_next_one_purged(service: InMemoryService) -> None:
    quotes = [dead_letter(service, f"p{n}@example.com") for n in range(2)]
    find = service.outbox.undeliverable

    def found_and_then_repaired(*args: Any) -> list[Claim]:
        batch = find(*args)
        if len(batch) == 2:
            service.operations.retry(quotes[0].quote_id, CAROL)
        return batch

    with mock.patch.object(service.outbox, "undeliverable", side_effect=found_and_then_repaired):
        assert purge(service, RETENTION + service.lifetime.ttl) == 1
    assert service.claim(quotes[0]).payload
    assert service.claim(quotes[1]).payload is None


def test_all_batches_are_purged_unless_it_is_stopped(
    service: InMemoryService, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_dead_letters, "_BATCH", 2)
    quotes = [dead_letter(service, f"p{n}@example.com") for n in range(6)]
    service.clock.advance(2 * RETENTION)
    answers = iter([False, True])
    with caplog.at_level(logging.WARNING, "quotehold.reconciler"):
        service.operations.purge(lambda: next(answers), mock.Mock())
    assert caplog.text.count("its draft is deleted") == 1
    assert sum(service.claim(quote).payload is None for quote in quotes) == 1
    assert purge(service) == 5


def test_a_database_that_is_away_is_an_outage_and_nothing_is_lost(
    service: InMemoryService, dead_quote: Started
) -> None:
    service.database.is_down = True
    with pytest.raises(DatabaseUnavailable):
        purge(service, 2 * RETENTION)
    service.database.is_down = False
    assert purge(service) == 1


def test_a_purged_claim_can_get_another_draft_or_be_discarded(service: InMemoryService) -> None:
    quotes = [dead_letter(service, f"p{n}@example.com") for n in range(3)]
    assert purge(service, 2 * RETENTION) == 3
    reconciled, again, given_up = quotes
    service.operations.retry(reconciled.quote_id, CAROL, Draft("motor", {"by": "phone"}))
    with pytest.raises(DraftPurged):
        service.operations.retry(again.quote_id, CAROL)
    service.operations.discard(given_up.quote_id, CAROL)
    service.reconcile_until_settled()
    assert service.database.quotes[reconciled.quote_id].details == {"by": "phone"}
    assert (service.claim(again).state, service.claim(again).payload) == (ClaimState.DEAD, None)
    assert service.claim(given_up).state is ClaimState.DISCARDED
    assert service.findings() == []
    with pytest.raises(ClaimNotOpen):
        service.operations.retry(given_up.quote_id, CAROL)


def test_an_older_quote_beside_it_stays(service: InMemoryService) -> None:
    quote = service.start("motor", n=1)
    service.register(quote)
    service.save_past_the_claim(quote)
    service.database.refuse_quotes = True
    service.clock.advance(REPAIR_DELAY)
    service.reconcile_until_settled()
    service.database.refuse_quotes = False
    assert service.claim(quote).payload
    assert purge(service, 2 * RETENTION) == 1
    token = service.log_in()
    shown = service.services.get_account_quote(token, quote.quote_id)
    assert (shown.status, shown.details) == ("claimed", {"n": 1})


def test_a_claim_that_never_had_a_draft_is_not_purged(service: InMemoryService) -> None:
    quote = service.start("motor", secret="Seat")
    service.register_while_the_store_is_away(quote)
    service.quotes.outage = StoreUnreachable("away")
    service.clock.advance(service.lifetime.max_age + 2 * service.lifetime.ttl)
    service.reconcile()
    service.quotes.outage = None
    service.reconcile_until_settled()
    before = service.claim(quote)
    assert (before.state, before.cause) == (ClaimState.DEAD, Cause.EXPIRED)
    assert purge(service, 2 * RETENTION) == 0
    assert before == service.claim(quote)
