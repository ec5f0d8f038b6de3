"""The contract of every store of temporary quotes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import (
    ClaimInProgress,
    DetailsTooLarge,
    DraftClaimed,
    DraftGone,
    DraftUnreadable,
    RevisionMismatch,
)
from domain.model import LAST_REVISION, NO_REVISION, ClaimToken, Draft, Lifetime, QuoteRef, Revision, SaveId
from domain.ports import QuoteStore
from tests.contract.support.store_backends import LEASE, LIFETIME, MAX_DETAILS, StoreBackend, ref_at

A_SAVE, B_SAVE, C_SAVE = (SaveId(bytes([n, 200, 0, 10, 13, 34, 92, n + 3])) for n in (1, 2, 3))
A_CLAIM, B_CLAIM = (ClaimToken(bytes([n, *range(250, 236, -1), n + 3])) for n in (1, 2))
DETAILS: dict[str, Any] = {"applicant": {"name": "Ní Bhriain 🏠"}, "amounts": [41.0, 0, -1.5e-7, 2**53], "none": None}
CLOSE = timedelta(milliseconds=100)
"""The tolerance for fakeredis, which reads its clock once for each command."""
SOON = timedelta(seconds=5)


@pytest.fixture
def quotes(store_backend: StoreBackend) -> QuoteStore:
    return store_backend.quotes()


@pytest.fixture
def ref(store_backend: StoreBackend) -> QuoteRef:
    return ref_at(store_backend.now())


@pytest.fixture
def revision(quotes: QuoteStore, ref: QuoteRef) -> Revision:
    """The revision of a quote that was just created."""
    return quotes.create(ref, A_SAVE, "motor", DETAILS).revision


def carried_past_its_cap(store_backend: StoreBackend) -> tuple[QuoteRef, QuoteStore]:
    """A quote that a claim kept beyond its maximum age, and its store at that time."""
    ref = ref_at(store_backend.now() - timedelta(hours=2))
    quotes = store_backend.quotes(Lifetime(ttl=timedelta(hours=2), max_age=timedelta(hours=3)))
    quotes.create(ref, A_SAVE, "motor", DETAILS)
    quotes.begin_claim(ref, A_CLAIM, None)
    quotes.abort_claim(ref, A_CLAIM)
    assert quotes.get(ref).details == DETAILS
    # The clock of a server cannot be advanced, so the maximum age is set to end now instead.
    return ref, store_backend.quotes(Lifetime(ttl=timedelta(hours=2), max_age=timedelta(hours=2)))


class TestCreateAndGet:
    def test_a_new_quote_is_read_back_as_it_was_given(self, quotes: QuoteStore, ref: QuoteRef) -> None:
        saved = quotes.create(ref, A_SAVE, "motor", DETAILS)
        quote = quotes.get(ref)
        assert (quote.product, quote.details, quote.revision) == ("motor", DETAILS, saved.revision)
        assert list(quote.details) == list(DETAILS)
        assert abs(quote.expires_at - saved.expires_at) <= CLOSE

    @pytest.mark.parametrize("product", [None, "m", "x" * 64])
    def test_the_product_is_kept_by_later_saves(self, quotes: QuoteStore, ref: QuoteRef, product: str | None) -> None:
        quotes.create(ref, A_SAVE, product, {})
        assert quotes.save(ref, B_SAVE, {"a": 1}, None).product == product
        assert quotes.get(ref).product == product

    def test_the_revision_is_the_stores_time(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef
    ) -> None:
        before = store_backend.now()
        quotes.create(ref, A_SAVE, None, {})
        assert before <= quotes.get(ref).updated_at <= store_backend.now()

    def test_the_same_create_again_gets_the_first_answer(self, quotes: QuoteStore, ref: QuoteRef) -> None:
        first = quotes.create(ref, A_SAVE, "motor", DETAILS)
        assert quotes.create(ref, A_SAVE, "motor", DETAILS) == first

    def test_a_name_that_is_taken_is_not_overwritten(self, quotes: QuoteStore, ref: QuoteRef) -> None:
        quotes.create(ref, A_SAVE, "motor", DETAILS)
        with pytest.raises(RevisionMismatch):
            quotes.create(ref, B_SAVE, "home", {})
        assert quotes.get(ref).details == DETAILS

    def test_an_unknown_quote_is_gone(self, quotes: QuoteStore, ref: QuoteRef) -> None:
        with pytest.raises(DraftGone):
            quotes.get(ref)

    def test_details_are_kept_by_value(self, quotes: QuoteStore, ref: QuoteRef) -> None:
        details: dict[str, Any] = {"list": [1]}
        quotes.create(ref, A_SAVE, None, details)
        details["list"].append(2)
        quotes.get(ref).details["list"] = "changed"
        assert quotes.get(ref).details == {"list": [1]}

    def test_the_largest_details_fit_and_one_byte_more_does_not(self, quotes: QuoteStore, ref: QuoteRef) -> None:
        overhead = len('{"a":""}')
        quotes.create(ref, A_SAVE, None, {"a": "x" * (MAX_DETAILS - overhead)})
        with pytest.raises(DetailsTooLarge):
            quotes.save(ref, B_SAVE, {"a": "x" * (MAX_DETAILS - overhead + 1)}, None)
        with pytest.raises(DetailsTooLarge):
            quotes.save(ref, B_SAVE, {"a": "é" * (MAX_DETAILS // 2)}, None)


class TestSave:
    def test_a_save_replaces_the_details_and_raises_the_revision(
        self, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        saved = quotes.save(ref, B_SAVE, {"new": True}, None)
        assert saved.revision > revision
        assert quotes.get(ref).details == {"new": True}

    def test_revisions_grow_within_one_millisecond(self, quotes: QuoteStore, ref: QuoteRef, revision: Revision) -> None:
        revisions = [quotes.save(ref, SaveId(n.to_bytes(8, "big")), {}, None).revision for n in range(100, 150)]
        assert revisions == sorted(set(revisions))
        assert revisions[0] > revision

    def test_a_repeated_save_gets_the_first_answer_for_every_expected_revision(
        self, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        first = quotes.save(ref, B_SAVE, {"n": 1}, revision)
        again = quotes.save(ref, B_SAVE, {"n": 1}, revision)
        assert (again.revision, again.product) == (first.revision, first.product)
        assert abs(again.expires_at - first.expires_at) <= CLOSE

    def test_the_same_save_again_is_a_success_when_a_claim_has_begun(
        self, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        first = quotes.save(ref, B_SAVE, {"n": 1}, None)
        quotes.begin_claim(ref, A_CLAIM, None)
        assert quotes.save(ref, B_SAVE, {"n": 1}, None).revision == first.revision
        with pytest.raises(ClaimInProgress):
            quotes.save(ref, C_SAVE, {}, None)

    def test_a_save_on_another_revision_is_refused_with_the_present_one(
        self, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        with pytest.raises(RevisionMismatch) as refusal:
            quotes.save(ref, B_SAVE, {}, Revision(revision - 1))
        assert refusal.value.present == revision
        assert quotes.get(ref).details == DETAILS

    def test_a_save_never_brings_back_a_deleted_draft(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        store_backend.end_ttl(ref)
        with pytest.raises(DraftGone):
            quotes.save(ref, B_SAVE, {}, None)
        with pytest.raises(DraftGone):
            quotes.get(ref)

    def test_a_corrupt_quote_is_neither_read_nor_overwritten(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        store_backend.corrupt(ref)
        with pytest.raises(DraftUnreadable):
            quotes.get(ref)
        with pytest.raises(DraftUnreadable):
            quotes.save(ref, B_SAVE, {}, None)


class TestLifetime:
    def test_each_save_restarts_the_ttl_and_reading_does_not(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        store_backend.age(ref, timedelta(hours=20))
        assert abs(quotes.get(ref).expires_at - (store_backend.now() + timedelta(hours=4))) < SOON
        saved = quotes.save(ref, B_SAVE, {}, None)
        assert abs(saved.expires_at - (store_backend.now() + LIFETIME.ttl)) < SOON
        assert abs(store_backend.key_end(ref) - saved.expires_at) <= CLOSE

    def test_the_absolute_end_cuts_the_ttl(self, store_backend: StoreBackend) -> None:
        ref = ref_at(store_backend.now() - LIFETIME.max_age + timedelta(hours=1))
        quotes = store_backend.quotes()
        saved = quotes.create(ref, A_SAVE, None, {})
        assert abs(saved.expires_at - LIFETIME.max_age_end(ref.quote_id)) <= CLOSE
        assert abs(quotes.save(ref, B_SAVE, {}, None).expires_at - LIFETIME.max_age_end(ref.quote_id)) <= CLOSE
        assert abs(store_backend.key_end(ref) - LIFETIME.max_age_end(ref.quote_id)) < SOON

    def test_past_the_absolute_end_a_claim_may_end_its_work_but_no_save_is_taken(
        self, store_backend: StoreBackend
    ) -> None:
        lifetime = Lifetime(ttl=timedelta(hours=2), max_age=timedelta(hours=3))
        ref = ref_at(store_backend.now() - timedelta(hours=2))
        quotes = store_backend.quotes(lifetime)
        quotes.create(ref, A_SAVE, None, {})
        for claim in (A_CLAIM, B_CLAIM):
            quotes.begin_claim(ref, claim, None)
            quotes.abort_claim(ref, claim)
        end = store_backend.key_end(ref)
        assert end - (store_backend.now() + lifetime.ttl) < SOON
        assert quotes.get(ref).expires_at == lifetime.max_age_end(ref.quote_id)

    def test_past_max_age_a_draft_that_a_claim_carried_is_not_read_and_can_be_claimed(
        self, store_backend: StoreBackend
    ) -> None:
        ref, quotes = carried_past_its_cap(store_backend)
        calls: list[Callable[[], object]] = [lambda: quotes.get(ref), lambda: quotes.save(ref, B_SAVE, {}, None)]
        for call in calls:
            with pytest.raises(DraftGone):
                call()
        peeked = quotes.peek(ref)
        assert quotes.begin_claim(ref, B_CLAIM, peeked.revision).revision == peeked.revision
        with pytest.raises(DraftGone):
            quotes.get(ref)
        quotes.abort_claim(ref, B_CLAIM)
        assert quotes.peek(ref) == peeked

    def test_past_max_age_a_claimed_quote_is_still_told_as_claimed(self, store_backend: StoreBackend) -> None:
        ref, quotes = carried_past_its_cap(store_backend)
        quotes.finish_claim(ref, quotes.peek(ref).revision)
        with pytest.raises(DraftClaimed):
            quotes.get(ref)

    def test_past_max_age_a_corrupt_draft_is_still_told_as_such(self, store_backend: StoreBackend) -> None:
        ref, quotes = carried_past_its_cap(store_backend)
        store_backend.corrupt(ref)
        with pytest.raises(DraftUnreadable):
            quotes.get(ref)

    def test_claims_again_and_again_carry_a_draft_at_most_one_ttl_past_its_end(
        self, store_backend: StoreBackend
    ) -> None:
        lifetime = Lifetime(ttl=timedelta(hours=2), max_age=timedelta(hours=3))
        ref = ref_at(store_backend.now() - timedelta(hours=2, minutes=59, seconds=59))
        quotes = store_backend.quotes(lifetime)
        quotes.create(ref, A_SAVE, None, {})
        quotes.begin_claim(ref, A_CLAIM, None)
        assert store_backend.key_end(ref) <= lifetime.max_age_end(ref.quote_id) + lifetime.ttl

    def test_a_tombstone_outlives_the_draft_by_an_hour(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        quotes.finish_claim(ref, revision)
        assert abs(store_backend.key_end(ref) - (store_backend.now() + LIFETIME.ttl + timedelta(hours=1))) < SOON


class TestDiscard:
    def test_a_discarded_quote_is_gone(self, quotes: QuoteStore, ref: QuoteRef, revision: Revision) -> None:
        quotes.discard(ref, revision)
        for call in (lambda: quotes.get(ref), lambda: quotes.discard(ref, None)):
            with pytest.raises(DraftGone):
                call()

    def test_another_revision_is_not_discarded(self, quotes: QuoteStore, ref: QuoteRef, revision: Revision) -> None:
        with pytest.raises(RevisionMismatch):
            quotes.discard(ref, Revision(revision + 1))
        assert quotes.get(ref).revision == revision

    def test_a_frozen_quote_is_not_discarded_until_its_lease_ends(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        quotes.begin_claim(ref, A_CLAIM, None)
        with pytest.raises(ClaimInProgress):
            quotes.discard(ref, None)
        store_backend.end_lease(ref)
        quotes.discard(ref, None)
        with pytest.raises(DraftGone):
            quotes.get(ref)


class TestClaim:
    def test_the_claimer_gets_the_draft_that_was_saved(
        self, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        stored = quotes.begin_claim(ref, A_CLAIM, revision)
        assert stored.revision == revision
        assert quotes.decode(ref, stored.raw) == Draft("motor", DETAILS)

    def test_the_same_claimer_again_gets_the_same_answer(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        first = quotes.begin_claim(ref, A_CLAIM, None)
        store_backend.age(ref, timedelta(hours=1))
        end = store_backend.key_end(ref)
        assert quotes.begin_claim(ref, A_CLAIM, None) == first
        assert store_backend.key_end(ref) == end

    def test_a_frozen_draft_refuses_saves_and_other_claimers_and_says_for_how_long(
        self, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        quotes.begin_claim(ref, A_CLAIM, None)
        calls: list[Callable[[], object]] = [
            lambda: quotes.save(ref, B_SAVE, {}, None),
            lambda: quotes.begin_claim(ref, B_CLAIM, None),
        ]
        for call in calls:
            with pytest.raises(ClaimInProgress) as refusal:
                call()
            assert timedelta(0) < refusal.value.retry_after <= LEASE + timedelta(seconds=1)
        assert quotes.get(ref).details == DETAILS

    def test_a_lease_that_has_ended_is_taken_over(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        quotes.begin_claim(ref, A_CLAIM, None)
        store_backend.end_lease(ref)
        stored = quotes.begin_claim(ref, B_CLAIM, None)
        assert quotes.decode(ref, stored.raw).details == DETAILS
        quotes.abort_claim(ref, A_CLAIM)
        with pytest.raises(ClaimInProgress):
            quotes.save(ref, B_SAVE, {}, None)

    def test_after_the_lease_a_save_goes_on(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        quotes.begin_claim(ref, A_CLAIM, None)
        store_backend.end_lease(ref)
        assert quotes.save(ref, B_SAVE, {"late": True}, None).revision > revision
        assert quotes.get(ref).product == "motor"

    def test_a_claim_restarts_the_ttl(self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef) -> None:
        quotes.create(ref, A_SAVE, None, {})
        store_backend.age(ref, timedelta(hours=20))
        quotes.begin_claim(ref, A_CLAIM, None)
        assert abs(store_backend.key_end(ref) - (store_backend.now() + LIFETIME.ttl)) < SOON

    def test_an_aborted_claim_leaves_the_draft_open_as_it_was(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        quotes.begin_claim(ref, A_CLAIM, None)
        end = store_backend.key_end(ref)
        quotes.abort_claim(ref, A_CLAIM)
        quotes.abort_claim(ref, A_CLAIM)
        quote = quotes.get(ref)
        assert (quote.product, quote.details, quote.revision) == ("motor", DETAILS, revision)
        assert store_backend.key_end(ref) == end
        quotes.save(ref, B_SAVE, {}, revision)

    def test_a_claim_on_another_revision_is_refused(
        self, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        with pytest.raises(RevisionMismatch) as refusal:
            quotes.begin_claim(ref, A_CLAIM, Revision(revision - 1))
        assert refusal.value.present == revision
        quotes.save(ref, B_SAVE, {}, None)

    def test_a_draft_that_is_gone_cannot_be_claimed(self, quotes: QuoteStore, ref: QuoteRef) -> None:
        calls: list[Callable[[], object]] = [
            lambda: quotes.begin_claim(ref, A_CLAIM, None),
            lambda: quotes.peek(ref),
        ]
        for call in calls:
            with pytest.raises(DraftGone):
                call()
        quotes.abort_claim(ref, A_CLAIM)

    def test_a_corrupt_draft_is_handed_over_as_it_is(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        store_backend.corrupt(ref)
        for stored in (quotes.begin_claim(ref, A_CLAIM, None), quotes.peek(ref)):
            with pytest.raises(DraftUnreadable):
                quotes.decode(ref, stored.raw)
        with pytest.raises(DraftUnreadable):
            quotes.discard(ref, revision)

    def test_a_corrupt_draft_goes_only_with_a_claim_that_has_it_or_wants_nothing_of_it(
        self, store_backend: StoreBackend, quotes: QuoteStore
    ) -> None:
        for committed, unread in ((NO_REVISION, True), (LAST_REVISION, False)):
            ref = ref_at(store_backend.now())
            revision = quotes.create(ref, A_SAVE, None, {}).revision
            store_backend.corrupt(ref)
            before = quotes.peek(ref)
            for older, others in ((revision, None), (NO_REVISION, None), (NO_REVISION, before.raw[:-1])):
                with pytest.raises(DraftUnreadable):
                    quotes.finish_claim(ref, older, others)
            assert quotes.peek(ref) == before
            assert quotes.finish_claim(ref, committed, before.raw if unread else None) is None
            with pytest.raises(DraftClaimed):
                quotes.peek(ref)

    def test_a_look_at_the_draft_does_not_freeze_it(
        self, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        stored = quotes.peek(ref)
        assert stored.revision == revision
        assert quotes.decode(ref, stored.raw) == Draft("motor", DETAILS)
        quotes.save(ref, B_SAVE, {}, None)


class TestFinish:
    def test_after_the_claim_every_call_is_answered_with_claimed(
        self, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        quotes.begin_claim(ref, A_CLAIM, None)
        assert quotes.finish_claim(ref, revision) is None
        calls: list[Callable[[], object]] = [
            lambda: quotes.get(ref),
            lambda: quotes.save(ref, B_SAVE, {}, None),
            lambda: quotes.discard(ref, None),
            lambda: quotes.begin_claim(ref, B_CLAIM, None),
            lambda: quotes.peek(ref),
        ]
        for call in calls:
            with pytest.raises(DraftClaimed):
                call()

    def test_it_may_be_repeated_and_needs_no_draft(self, quotes: QuoteStore, ref: QuoteRef) -> None:
        for _ in range(2):
            assert quotes.finish_claim(ref, LAST_REVISION) is None
        with pytest.raises(DraftClaimed):
            quotes.get(ref)

    def test_a_newer_draft_is_left_and_handed_over(
        self, store_backend: StoreBackend, quotes: QuoteStore, ref: QuoteRef, revision: Revision
    ) -> None:
        quotes.begin_claim(ref, A_CLAIM, None)
        store_backend.end_lease(ref)
        late = quotes.save(ref, B_SAVE, {"late": True}, None)
        newer = quotes.finish_claim(ref, revision)
        assert newer is not None
        assert newer.revision == late.revision
        assert quotes.decode(ref, newer.raw) == Draft("motor", {"late": True})
        assert quotes.get(ref).details == {"late": True}
        assert quotes.finish_claim(ref, newer.revision) is None


def test_a_store_that_works_passes_its_check_and_keeps_nothing_of_it(store_backend: StoreBackend) -> None:
    quotes = store_backend.quotes()
    quotes.check()
    quotes.check()
