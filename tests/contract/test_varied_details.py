"""Many different details as real forms produce them: each store and database returns them unchanged."""

from __future__ import annotations

import pytest

from domain.model import Draft, SaveId
from domain.ports import Claims
from tests.contract.support.builders import a_new_claim, an_account
from tests.contract.support.store_backends import StoreBackend, ref_at
from tests.samples.vary import Details as VariedDetails

COUNT = 200


@pytest.fixture(scope="module")
def varied() -> VariedDetails:
    return VariedDetails(seed=7)


def test_a_store_keeps_them_equal_and_in_order(store_backend: StoreBackend, varied: VariedDetails) -> None:
    quotes = store_backend.quotes()
    for number in range(COUNT):
        details, ref = varied(), ref_at(store_backend.now())
        quotes.create(ref, SaveId(number.to_bytes(8, "big")), details["product"], details)
        found = quotes.get(ref)
        assert (found.product, found.details) == (details["product"], details)
        assert list(found.details) == list(details)
        assert quotes.decode(ref, quotes.peek(ref).raw) == Draft(details["product"], details)


def test_a_database_keeps_them_equal_and_in_order(claims: Claims, varied: VariedDetails) -> None:
    for number in range(COUNT):
        details = varied()
        new = a_new_claim(an_account(f"{number}@example.com"), details=details)
        claims.add(new)
        found = claims.quote(new.claim.quote_id)
        assert found
        assert found.details == details
        assert list(found.details) == list(details)
