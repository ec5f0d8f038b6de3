"""Merges on every store, while others save between a merge's read and its save."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from unittest import mock

import pytest

from adapters.keyring import Keyring
from adapters.memory.database import MemoryClaims, MemoryDatabase
from adapters.system import SystemClock, SystemIds
from domain.claiming.missing_draft import MissingDraft
from domain.errors import SaveConflict
from domain.model import Details, KeyId, Quote, QuoteRef, QuoteToken
from domain.ports import QuoteStore
from domain.use_cases.merge_details import MergeDetails
from tests.contract.support.store_backends import LIFETIME, StoreBackend, ref_at
from tests.support.race_rounds import race_rounds
from tests.support.real_service import race

ROUNDS, RACERS = race_rounds(20), 12
ATTEMPTS = 5


class Draft:
    """A quote in a store, and the calls on it."""

    def __init__(self, backend: StoreBackend) -> None:
        self.quotes: QuoteStore = backend.quotes()
        self.ids = SystemIds()
        tokens = Keyring({KeyId("k1"): bytes(32)})
        self.ref: QuoteRef
        self.token: QuoteToken
        self.ref, self.token = tokens.issue(ref_at(backend.now()).quote_id)
        self.quotes.create(self.ref, self.ids.save_id(), None, {})
        clock = SystemClock()
        missing = MissingDraft(MemoryClaims(MemoryDatabase(), clock), clock, LIFETIME)
        self.merge_details = MergeDetails(self.quotes, tokens, self.ids, missing)

    def merge(self, patch: Details) -> Quote:
        return self.merge_details(self.ref.quote_id, self.token, patch)

    @property
    def details(self) -> Details:
        return self.quotes.get(self.ref).details

    def overtaken(self, times: int) -> Callable[[QuoteRef], Quote]:
        """Make the first reads be followed by another client's save, so many times."""
        get, names = self.quotes.get, iter([f"other {n}" for n in range(times)])

        def read(ref: QuoteRef) -> Quote:
            found = get(ref)
            if name := next(names, None):
                self.quotes.save(ref, self.ids.save_id(), {**found.details, name: True}, None)
            return found

        return read


@pytest.mark.race
def test_of_many_merges_at_once_each_is_there_or_was_told_to_repeat(store_backend: StoreBackend) -> None:
    for _ in range(ROUNDS):
        draft = Draft(store_backend)
        answers = race([partial(draft.merge, {str(n): n}) for n in range(RACERS)])
        merged = [n for n, answer in enumerate(answers) if isinstance(answer, Quote)]
        assert all(isinstance(answer, Quote | SaveConflict) for answer in answers), answers
        assert draft.details == {str(n): n for n in merged}
        assert len(merged) >= ATTEMPTS  # at least one merge wins each try, and leaves the race


def test_an_overtaken_merge_is_made_on_the_latest_save(store_backend: StoreBackend) -> None:
    draft = Draft(store_backend)
    with mock.patch.object(draft.quotes, "get", side_effect=draft.overtaken(ATTEMPTS - 1)):
        merged = draft.merge({"mine": 1})
    assert merged.details == draft.details
    assert draft.details == {"mine": 1} | {f"other {n}": True for n in range(ATTEMPTS - 1)}


def test_a_merge_that_is_overtaken_each_time_gives_up_and_changes_nothing(store_backend: StoreBackend) -> None:
    draft = Draft(store_backend)
    with (
        mock.patch.object(draft.quotes, "get", side_effect=draft.overtaken(ATTEMPTS)) as get,
        pytest.raises(SaveConflict),
    ):
        draft.merge({"mine": 1})
    assert get.call_count == ATTEMPTS
    assert draft.details == {f"other {n}": True for n in range(ATTEMPTS)}
