"""Passes over the due claims: claim leases, the ends of a pass, and claims that do not stop each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from domain.claims import Cause, ClaimState, Cleanup
from domain.errors import DatabaseUnavailable, StoreReadOnly, StoreUnreachable
from domain.model import Draft
from domain.repairing.schedule import CLAIM_LEASE, MOST_ATTEMPTS
from domain.use_cases.reconcile_claims import Outcome, Pass
from domain.use_cases.start_quote import Started
from domain.use_cases.verify_claims import FindingKind
from tests.doubles.quotes import CORRUPT
from tests.support.in_memory_service import REPAIR_DELAY, InMemoryService, applicant

AWAY = StoreUnreachable("away")


def pending(service: InMemoryService, number: int) -> list[Started]:
    """Make that number of claims that are due now and whose drafts are still to be fetched."""
    quotes = [service.start("motor", n=n) for n in range(number)]
    for n, quote in enumerate(quotes):
        service.register_while_the_store_is_away(quote, applicant(f"p{n}@example.com"))
    service.clock.advance(REPAIR_DELAY)
    return quotes


def one_pass(service: InMemoryService, is_stopped: Callable[[], bool] = lambda: False) -> Pass:
    return service.operations.reconcile(is_stopped, lambda outcome: None)


class TestTurns:
    def test_a_claim_that_another_reconciler_has_is_skipped_until_its_turn_has_ended(
        self, service: InMemoryService
    ) -> None:
        [quote] = pending(service, 1)
        begin, seen = service.quotes.begin_claim, []

        def looked_at(*args: Any) -> object:
            seen.append(service.reconcile())
            return begin(*args)

        with mock.patch.object(service.quotes, "begin_claim", side_effect=looked_at):
            assert service.reconcile() == [Outcome.BUILT]
        assert seen == [[]]
        assert service.claim(quote).state is ClaimState.DONE

    def test_a_reconciler_paused_past_its_lease_changes_nothing_and_counts_no_attempt(
        self, service: InMemoryService
    ) -> None:
        service.database.refuse_quotes = True
        quote = service.start("motor", make="Seat")
        service.register(quote)
        service.clock.advance(REPAIR_DELAY)
        decode = service.quotes.decode
        others: list[Outcome] = []

        def paused(*args: Any) -> Draft:
            with mock.patch.object(service.quotes, "decode", decode):
                others.extend(service.reconcile_after(CLAIM_LEASE))
            return decode(*args)

        with mock.patch.object(service.quotes, "decode", side_effect=paused):
            assert service.reconcile() == [Outcome.WAITING]
        assert others == [Outcome.RETRIED]
        assert service.claim(quote).attempts == 1

    def test_a_crash_in_the_middle_leaves_the_claim_due_when_the_turn_has_ended(self, service: InMemoryService) -> None:
        [quote] = pending(service, 1)
        with (
            mock.patch.object(service.quotes, "finish_claim", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            service.reconcile()
        assert (service.claim(quote).state, service.claim(quote).cleanup) == (ClaimState.DONE, Cleanup.PENDING)
        assert service.reconcile_after(CLAIM_LEASE - timedelta(milliseconds=1)) == []
        assert service.reconcile_after(timedelta(milliseconds=1)) == [Outcome.CLEANED]


class TestAPass:
    def test_it_takes_a_batch_and_says_whether_that_was_all(self, service: InMemoryService) -> None:
        pending(service, 60)
        assert one_pass(service) == Pass(None, is_last=False)
        assert len(service.database.quotes) == 50
        assert one_pass(service) == Pass(None, is_last=False)
        assert len(service.database.quotes) == 60
        assert one_pass(service) == Pass(None, is_last=True)

    def test_it_stops_between_two_claims_on_request(self, service: InMemoryService) -> None:
        pending(service, 3)
        done = one_pass(service, is_stopped=lambda: len(service.database.quotes) == 2)
        assert done == Pass(None, is_last=False)
        assert len(service.database.quotes) == 2

    def test_it_ends_after_three_claims_that_the_store_does_not_serve(self, service: InMemoryService) -> None:
        pending(service, 5)
        service.quotes.outage = AWAY
        assert service.reconcile() == [Outcome.WAITING] * 3
        assert one_pass(service).outage is AWAY
        service.quotes.outage = None
        service.reconcile_after(CLAIM_LEASE)
        assert len(service.database.quotes) == 5

    def test_a_shard_that_is_away_does_not_stop_the_claims_of_the_others(self, service: InMemoryService) -> None:
        quotes = pending(service, 6)
        lost = {quote.quote_id for quote in quotes[::2]}
        begin = service.quotes.begin_claim

        def sharded(ref: Any, *args: Any) -> object:
            if ref.quote_id in lost:
                raise AWAY
            return begin(ref, *args)

        with mock.patch.object(service.quotes, "begin_claim", side_effect=sharded):
            assert sorted(service.reconcile()) == [Outcome.BUILT] * 3 + [Outcome.WAITING] * 3

    def test_a_store_that_only_reads_holds_up_no_claim(self, service: InMemoryService) -> None:
        pending(service, 5)
        service.quotes.write_outage = StoreReadOnly("READONLY")
        assert service.reconcile() == [Outcome.BUILT] * 5
        assert len(service.database.quotes) == 5
        service.quotes.write_outage = None
        service.reconcile_until_settled()
        assert not service.findings()

    def test_a_claim_that_a_newer_version_wrote_is_left_to_it(self, service: InMemoryService) -> None:
        [quote] = pending(service, 1)
        service.change_claim(quote, state=ClaimState.UNKNOWN)
        assert service.reconcile_after(CLAIM_LEASE) == []
        assert [finding.kind for finding in service.findings()] == [FindingKind.STATE_UNKNOWN]
        service.quotes.corrupt(service.ref(quote))
        assert service.register(quote, applicant("p0@example.com")).replayed
        assert service.quotes.peek(service.ref(quote)).raw == CORRUPT

    def test_a_database_that_is_away_ends_it(self, service: InMemoryService) -> None:
        pending(service, 1)
        service.database.is_down = True
        with pytest.raises(DatabaseUnavailable):
            service.reconcile()

    def test_an_error_that_nobody_knows_stops_no_other_claim_and_loses_nothing(
        self, service: InMemoryService, caplog: pytest.LogCaptureFixture
    ) -> None:
        bad, good = pending(service, 2)
        begin, outcomes = service.quotes.begin_claim, []

        def broken(ref: Any, *args: Any) -> object:
            if ref.quote_id == bad.quote_id:
                raise ZeroDivisionError
            return begin(ref, *args)

        with mock.patch.object(service.quotes, "begin_claim", side_effect=broken):
            service.reconcile()
            assert good.quote_id in service.database.quotes
            assert service.claim(bad).attempts == 1
            while Outcome.DEAD not in outcomes:
                outcomes = service.reconcile_after(REPAIR_DELAY * 2**7)
        claim = service.claim(bad)
        assert (claim.state, claim.cause, claim.attempts) == (ClaimState.DEAD, Cause.UNEXPECTED, MOST_ATTEMPTS)
        assert claim.last_error == "ZeroDivisionError"
        assert "Traceback" in caplog.text
        # The next clean-up pass finds the draft in the store, and the quote is built.
        service.reconcile_until_settled()
        assert service.database.quotes[bad.quote_id].details == bad.details
        assert not service.findings()
