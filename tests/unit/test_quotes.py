"""A visitor's calls on an open quote, over in-memory adapters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from domain.claims import QuoteStatus
from domain.errors import (
    DatabaseUnavailable,
    DraftGone,
    QuoteAlreadyClaimed,
    QuoteExpired,
    QuoteNotFound,
    RevisionMismatch,
    SaveConflict,
    StoreUnavailable,
)
from domain.model import Revision, SaveId
from tests.support.in_memory_service import InMemoryService


class TestStart:
    def test_a_quote_starts_open_with_a_token_and_an_end(self, service: InMemoryService) -> None:
        quote = service.start("motor", make="Seat")
        assert (quote.product, quote.details) == ("motor", {"make": "Seat"})
        assert (quote.created_at, quote.updated_at) == (service.clock.now(), service.clock.now())
        assert quote.expires_at == service.clock.now() + timedelta(hours=24)
        assert quote.token.startswith("qk_k1")

    @pytest.mark.parametrize("refusal", [DraftGone(), RevisionMismatch(Revision(1))])
    def test_a_store_whose_clock_is_far_off_is_not_the_visitor_s_fault(
        self, service: InMemoryService, refusal: Exception
    ) -> None:
        with mock.patch.object(service.quotes, "create", side_effect=refusal), pytest.raises(StoreUnavailable):
            service.start()

    def test_the_token_of_one_quote_is_worth_nothing_for_another(self, service: InMemoryService) -> None:
        mine, other = service.start(), service.start()
        with pytest.raises(QuoteNotFound):
            service.services.get_quote(other.quote_id, mine.token)


class TestTheEnd:
    def test_an_expired_quote_differs_from_an_unknown_one(self, service: InMemoryService) -> None:
        quote = service.start()
        service.clock.advance(timedelta(hours=24))
        with pytest.raises(QuoteExpired):
            service.get(quote)
        with pytest.raises(QuoteNotFound):
            service.services.get_quote(quote.quote_id, quote.token[:-1] + "!")

    def test_each_save_restarts_the_ttl(self, service: InMemoryService) -> None:
        quote = service.start()
        for _ in range(3):
            service.clock.advance(timedelta(hours=23))
            service.save(quote, {})
        assert service.get(quote).details == {}

    def test_a_save_extends_no_quote_past_its_maximum_age(self, service: InMemoryService) -> None:
        quote = service.start()
        for _ in range(30):
            service.clock.advance(timedelta(hours=23, minutes=59))
            saved = service.save(quote, {})
        assert saved.expires_at == quote.created_at + timedelta(days=30)
        service.clock.advance(timedelta(hours=1))
        with pytest.raises(QuoteExpired):
            service.save(quote, {})

    def test_with_the_database_away_nobody_claims_to_know(self, service: InMemoryService) -> None:
        quote = service.start()
        service.clock.advance(timedelta(hours=24))
        service.database.is_down = True
        with pytest.raises(DatabaseUnavailable):
            service.get(quote)

    def test_an_open_quote_needs_no_database(self, service: InMemoryService) -> None:
        service.database.is_down = True
        quote = service.start()
        service.save(quote, {"a": 1})
        assert service.get(quote).details == {"a": 1}

    def test_a_quote_whose_draft_follows_later_is_pending_once_the_draft_is_gone(
        self, service: InMemoryService
    ) -> None:
        quote = service.start()
        service.register_while_the_store_is_away(quote)
        service.clock.advance(timedelta(hours=24))
        with pytest.raises(QuoteAlreadyClaimed) as refusal:
            service.get(quote)
        assert refusal.value.status is QuoteStatus.PENDING

    def test_a_corrupt_draft_is_an_outage_of_this_quote(self, service: InMemoryService) -> None:
        quote = service.start()
        service.quotes.corrupt(service.ref(quote))
        with pytest.raises(StoreUnavailable):
            service.get(quote)


class TestMerge:
    def test_a_merge_changes_only_the_members_that_it_names(self, service: InMemoryService) -> None:
        quote = service.start("motor", vehicle={"make": "Seat", "year": 2019}, notes="x")
        merged = service.services.merge_details(quote.quote_id, quote.token, {"vehicle": {"year": 2020}, "notes": None})
        assert merged.details == {"vehicle": {"make": "Seat", "year": 2020}}
        assert service.get(quote) == merged

    def test_a_save_by_others_meanwhile_is_merged_too(self, service: InMemoryService) -> None:
        quote = service.start(a=1)
        ref, get, late = service.ref(quote), service.quotes.get, [SaveId(b"late save")]

        def overtaken(*args: Any) -> Any:
            read = get(*args)
            if late:
                service.quotes.save(ref, late.pop(), {"a": 1, "b": 2}, None)
            return read

        with mock.patch.object(service.quotes, "get", side_effect=overtaken):
            merged = service.services.merge_details(quote.quote_id, quote.token, {"c": 3})
        assert merged.details == {"a": 1, "b": 2, "c": 3}

    def test_a_merge_that_is_always_overtaken_gives_up(self, service: InMemoryService) -> None:
        quote = service.start()
        with (
            mock.patch.object(service.quotes, "save", side_effect=RevisionMismatch(Revision(1))) as save,
            pytest.raises(SaveConflict),
        ):
            service.services.merge_details(quote.quote_id, quote.token, {})
        assert save.call_count == 5

    def test_a_merge_needs_the_expected_revision(self, service: InMemoryService) -> None:
        quote = service.start(a=1)
        saved = service.save(quote, {"a": 2})
        with pytest.raises(RevisionMismatch) as refusal:
            service.services.merge_details(quote.quote_id, quote.token, {"b": 1}, quote.revision)
        assert refusal.value.present == saved.revision
        service.services.merge_details(quote.quote_id, quote.token, {"b": 1}, saved.revision)

    def test_with_an_expected_revision_a_lost_race_is_not_repeated(self, service: InMemoryService) -> None:
        quote = service.start()
        with (
            mock.patch.object(service.quotes, "save", side_effect=RevisionMismatch(Revision(1))) as save,
            pytest.raises(RevisionMismatch),
        ):
            service.services.merge_details(quote.quote_id, quote.token, {}, quote.revision)
        assert save.call_count == 1


class TestDiscard:
    def test_a_corrupt_draft_can_be_discarded_unless_a_revision_is_expected(self, service: InMemoryService) -> None:
        quote = service.start()
        service.quotes.corrupt(service.ref(quote))
        with pytest.raises(StoreUnavailable):
            service.services.discard_quote(quote.quote_id, quote.token, quote.revision)
        service.services.discard_quote(quote.quote_id, quote.token)
        with pytest.raises(QuoteExpired):
            service.get(quote)

    def test_a_discarded_quote_has_ended_and_may_be_discarded_again(self, service: InMemoryService) -> None:
        quote = service.start()
        for _ in range(2):
            service.services.discard_quote(quote.quote_id, quote.token)
        with pytest.raises(QuoteExpired):
            service.get(quote)

    def test_the_database_is_asked_before_the_draft_is_touched(self, service: InMemoryService) -> None:
        quote = service.start()
        service.database.is_down = True
        with pytest.raises(DatabaseUnavailable):
            service.services.discard_quote(quote.quote_id, quote.token)
        assert service.get(quote).revision == quote.revision

    def test_a_draft_that_is_claimed_before_its_discard_is_reported_as_claimed(self, service: InMemoryService) -> None:
        """Also without a tombstone: the answer for an absent draft comes from the database."""
        quote = service.start()

        def claimed_meanwhile(*args: object) -> None:
            service.register(quote)
            service.quotes.end_ttl(service.ref(quote))
            raise DraftGone

        with (
            mock.patch.object(service.quotes, "discard", side_effect=claimed_meanwhile),
            pytest.raises(QuoteAlreadyClaimed),
        ):
            service.services.discard_quote(quote.quote_id, quote.token)

    def test_a_draft_whose_claim_is_committed_is_not_discarded(self, service: InMemoryService) -> None:
        quote = service.start()
        service.register_while_the_store_is_away(quote)
        with pytest.raises(QuoteAlreadyClaimed):
            service.services.discard_quote(quote.quote_id, quote.token)
        assert service.quotes.get(service.ref(quote)).revision == quote.revision
