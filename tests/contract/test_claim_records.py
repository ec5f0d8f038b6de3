"""Operators' and checkers' view of claims, on every database."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from domain.claims import UNFINISHED_STATES, Cause, Claim, ClaimState, Cleanup, NewClaim
from domain.model import QuoteId
from domain.ports import Claims
from domain.repairing.ports import ClaimRecords
from domain.repairing.summaries import CauseCount, ClaimFilter, ClaimSummary, QuoteSummary
from tests.contract.support.builders import (
    NOW,
    a_claim,
    a_claim_to_repair,
    a_new_claim,
    a_quote_id,
    an_account,
    another_claim,
)
from tests.contract.support.database_fixtures import Ports
from tests.contract.support.direct_access import DirectAccess

HOUR = timedelta(hours=1)
ENOUGH = 20
"""A limit above the number of claims in any of these tests."""
T = TypeVar("T")

ALL = ClaimFilter()
RETRY, DEAD, DONE, FETCH = ClaimState.RETRY, ClaimState.DEAD, ClaimState.DONE, ClaimState.FETCH_PENDING
UNREADABLE, REFUSED, EXPIRED = Cause.DRAFT_UNREADABLE, Cause.QUOTE_REFUSED, Cause.EXPIRED


@pytest.fixture
def added(claims: Claims) -> list[Claim]:
    """Claims of one account, an hour apart, in the order of their ids."""
    kinds = [(RETRY, UNREADABLE), (DEAD, UNREADABLE), (DEAD, REFUSED), (DONE, None), (FETCH, None), (DEAD, UNREADABLE)]
    account = an_account()
    news = [
        another_claim(account, state=state, cause=cause, created_at=NOW + n * HOUR)
        for n, (state, cause) in enumerate(kinds)
    ]
    news[0] = replace(news[0], account=account)
    for new in news:
        claims.add(new)
    return [new.claim for new in news]


# find


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (ALL, [0, 1, 2, 3, 4, 5]),
        (ClaimFilter(states=(DEAD,)), [1, 2, 5]),
        (ClaimFilter(states=(FETCH, RETRY)), [0, 4]),
        (ClaimFilter(states=(ClaimState.DISCARDED,)), []),
        (ClaimFilter(states=(ClaimState.UNKNOWN,)), []),
        (ClaimFilter(states=UNFINISHED_STATES), [0, 1, 2, 4, 5]),
        (ClaimFilter(states=tuple(ClaimState)), [0, 1, 2, 3, 4, 5]),
        (ClaimFilter(causes=(Cause.UNKNOWN,)), []),
        (ClaimFilter(causes=(Cause.UNKNOWN, REFUSED)), [2]),
        (ClaimFilter(causes=tuple(Cause)), [0, 1, 2, 5]),
        (ClaimFilter(causes=(UNREADABLE,)), [0, 1, 5]),
        (ClaimFilter(causes=(UNREADABLE, REFUSED)), [0, 1, 2, 5]),
        (ClaimFilter(causes=(EXPIRED,)), []),
        (ClaimFilter(claimed_before=NOW + 2 * HOUR), [0, 1]),
        (ClaimFilter(claimed_after=NOW + 3 * HOUR), [4, 5]),
        (ClaimFilter(claimed_after=NOW, claimed_before=NOW + 3 * HOUR), [1, 2]),
        (ClaimFilter(states=(DEAD,), causes=(UNREADABLE,)), [1, 5]),
        (ClaimFilter((DEAD, RETRY), (UNREADABLE,), claimed_before=NOW + 4 * HOUR, claimed_after=NOW), [1]),
    ],
)
def test_a_filter_selects_the_claims_that_it_names(
    records: ClaimRecords, added: list[Claim], which: ClaimFilter, expected: list[int]
) -> None:
    assert [added[n] for n in expected] == records.find(which, None, 10)


@pytest.mark.parametrize(("which", "expected"), [(ALL, [0, 1, 2, 3, 4, 5]), (ClaimFilter(states=(DEAD,)), [1, 2, 5])])
@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_page_after_page_shows_each_claim_once_in_the_order_of_the_ids(
    records: ClaimRecords, added: list[Claim], which: ClaimFilter, expected: list[int], size: int
) -> None:
    found = _pages(lambda after: records.find(which, after, size), size, lambda claim: claim.quote_id)

    assert [added[n] for n in expected] == found


def test_claims_are_found_whole(claims: Claims, records: ClaimRecords) -> None:
    new = a_claim_to_repair(
        payload=random.Random(1).randbytes(307_200),  # noqa: S311 - a test
        cleanup=Cleanup.VERIFIED,
        finished_at=NOW,
        attempts=8,
        cause=REFUSED,
        version=7,
    )
    claims.add(new)

    assert [new.claim] == records.find(ALL, None, 10)


# counts


def test_claims_are_counted_by_state_and_cause_with_the_time_of_the_oldest(
    records: ClaimRecords, added: list[Claim]
) -> None:
    expected = {
        CauseCount(RETRY, UNREADABLE, 1, NOW),
        CauseCount(DEAD, UNREADABLE, 2, NOW + HOUR),
        CauseCount(DEAD, REFUSED, 1, NOW + 2 * HOUR),
        CauseCount(DONE, None, 1, NOW + 3 * HOUR),
        CauseCount(FETCH, None, 1, NOW + 4 * HOUR),
    }

    counts = records.counts(ALL)

    assert expected == set(counts)
    assert len(expected) == len(counts)


def test_only_claims_that_a_filter_selects_are_counted(records: ClaimRecords, added: list[Claim]) -> None:
    which = ClaimFilter(states=(DEAD,), causes=(UNREADABLE,), claimed_after=NOW + HOUR)

    assert [CauseCount(DEAD, UNREADABLE, 1, NOW + 5 * HOUR)] == records.counts(which)
    assert records.counts(ClaimFilter(causes=(EXPIRED,))) == []


# claims and claimed


def test_a_checker_sees_each_claim_beside_its_quote(ports: Ports) -> None:
    new = a_new_claim()
    assert new.account
    assert new.quote
    waiting = another_claim(new.account, next_at=None, cleanup=Cleanup.FINISHED, payload=b"")
    nobodys = NewClaim(None, a_claim(a_quote_id(), None, state=ClaimState.DISCARDED), None)
    for each in (new, waiting, nobodys):
        ports.claims.add(each)

    quote = QuoteSummary(new.quote.quote_id, new.quote.account_id, new.quote.source_revision)
    expected = [_summary(new.claim, quote), _summary(waiting.claim, None), _summary(nobodys.claim, None)]
    assert expected == ports.records.claims(None, 10)
    assert [head.has_payload for head in ports.records.claims(None, 10)] == [False, True, False]


def test_a_quote_that_contradicts_its_claim_is_shown_as_stored(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)
    ports.outbox.change(new.claim, replace(new.claim, account_id=None))

    [head] = ports.records.claims(None, 10)

    assert new.quote
    assert (None, new.quote.account_id) == (head.account_id, head.quote and head.quote.account_id)


@pytest.mark.parametrize("size", [1, 4, 6])
def test_all_claims_are_walked_in_batches(records: ClaimRecords, added: list[Claim], size: int) -> None:
    found = _pages(lambda after: records.claims(after, size), size, lambda head: head.quote_id)

    assert [_summary(claim, None) for claim in added] == found


@pytest.mark.parametrize("size", [1, 2, 5])
def test_all_quotes_are_read_in_batches_and_one_without_a_claim_is_reported(
    ports: Ports, direct_access: DirectAccess, size: int
) -> None:
    account = an_account()
    news = [a_new_claim(account), *(replace(a_new_claim(account), account=None) for _ in range(4))]
    for new in news:
        ports.claims.add(new)
    ports.claims.add(another_claim(account))  # without a quote
    direct_access.lose_claim(news[2].claim.quote_id)

    found = _pages(lambda after: ports.records.claimed(after, size), size, lambda quote: quote[0])

    assert [(new.claim.quote_id, new is not news[2]) for new in news] == found


def test_where_there_is_nothing_nothing_is_found(records: ClaimRecords) -> None:
    assert records.find(ALL, None, 10) == []
    assert records.counts(ALL) == []
    assert records.claims(None, 10) == []
    assert records.claimed(None, 10) == []
    assert records.audit_log(None, 10) == []


def _pages(page: Callable[[QuoteId | None], list[T]], size: int, key: Callable[[T], QuoteId]) -> list[T]:
    """Return all items, read page by page; check that no page is longer than its limit."""
    found = page(None)
    latest = found
    while latest:
        assert len(latest) <= size
        latest = page(key(latest[-1]))
        found = found + latest
        assert len(found) < ENOUGH, "the pages have no end"
    return found


def _summary(claim: Claim, quote: QuoteSummary | None) -> ClaimSummary:
    return ClaimSummary(
        quote_id=claim.quote_id,
        key_id=claim.key_id,
        account_id=claim.account_id,
        state=claim.state,
        source_revision=claim.source_revision,
        cleanup=claim.cleanup,
        next_at=claim.next_at,
        has_payload=claim.payload is not None,
        quote=quote,
    )
