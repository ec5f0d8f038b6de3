"""The encoding of an operator's draft, in each store's own form."""

from __future__ import annotations

import pytest

from domain.errors import DetailsTooLarge, DraftGone
from domain.model import Details, Draft, SaveId
from tests.contract.support.store_backends import MAX_DETAILS, StoreBackend, ref_at

DETAILS: Details = {"applicant": {"name": "Ní Bhriain 🏠"}, "amounts": [41.0, 0, -1.5e-7, 2**53], "none": None}


@pytest.mark.parametrize("product", [None, "m", "x" * 64])
@pytest.mark.parametrize("details", [DETAILS, {}], ids=["details", "empty"])
def test_a_draft_is_decoded_as_it_was_encoded(
    store_backend: StoreBackend, product: str | None, details: Details
) -> None:
    quotes, ref = store_backend.quotes(), ref_at(store_backend.now())

    found = quotes.decode(ref, quotes.encode(ref, Draft(product, details)))

    assert Draft(product, details) == found
    assert list(details) == list(found.details)


def test_a_stored_draft_that_is_repaired_and_encoded_again_is_a_draft_like_it(store_backend: StoreBackend) -> None:
    quotes, ref = store_backend.quotes(), ref_at(store_backend.now())
    quotes.create(ref, SaveId(b"12345678"), "motor", DETAILS)
    stored = quotes.peek(ref)

    again = quotes.encode(ref, quotes.decode(ref, stored.raw))

    assert quotes.decode(ref, stored.raw) == quotes.decode(ref, again)
    assert stored == quotes.peek(ref)


def test_encoding_a_draft_stores_nothing(store_backend: StoreBackend) -> None:
    quotes, ref = store_backend.quotes(), ref_at(store_backend.now())

    quotes.encode(ref, Draft("motor", DETAILS))

    assert store_backend.everything() == {}
    with pytest.raises(DraftGone):
        quotes.get(ref)


def test_the_largest_details_are_encoded_and_one_byte_more_is_not(store_backend: StoreBackend) -> None:
    quotes, ref = store_backend.quotes(), ref_at(store_backend.now())
    room = MAX_DETAILS - len('{"a":""}')

    assert Draft(None, {"a": "x" * room}) == quotes.decode(ref, quotes.encode(ref, Draft(None, {"a": "x" * room})))
    with pytest.raises(DetailsTooLarge):
        quotes.encode(ref, Draft(None, {"a": "x" * (room + 1)}))
