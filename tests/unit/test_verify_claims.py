"""The findings of `quotes claims verify`: each broken invariant that a scan can see, and none without one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.claims import ClaimState, Cleanup
from domain.model import LAST_REVISION, AccountId, Revision
from domain.use_cases.start_quote import Started
from domain.use_cases.verify_claims import FindingKind
from tests.support.in_memory_service import REPAIR_DELAY, InMemoryService, applicant


@pytest.fixture
def claimed_quote(service: InMemoryService, quote: Started) -> Started:
    """A claimed quote after one clean-up pass. The service also has an open quote, and a pending one."""
    service.register(quote)
    service.reconcile_after(REPAIR_DELAY)
    service.start("home")
    service.register_while_the_store_is_away(service.start("travel"), applicant("p@example.com"))
    return quote


def kinds(service: InMemoryService) -> list[FindingKind]:
    return [finding.kind for finding in service.findings()]


def test_nothing_is_found_where_nothing_is_wrong(service: InMemoryService, claimed_quote: Started) -> None:
    examined: Counter[str] = Counter()
    tell: Callable[[str, int], None] = lambda what, number: examined.update({what: number})  # noqa: E731 - a one-off
    assert list(service.operations.verify(tell)) == []
    assert examined == {"keys": 3, "claims": 2, "quotes": 1}


def test_a_claim_in_progress_gives_no_finding(service: InMemoryService) -> None:
    quote = service.start("motor")
    restore = service.quotes.backup(service.ref(quote))
    service.register(quote)
    restore()
    assert service.claim(quote).cleanup is Cleanup.PENDING
    assert kinds(service) == []


def test_a_quote_without_a_claim(service: InMemoryService, claimed_quote: Started) -> None:
    service.database.claims.pop(claimed_quote.quote_id)
    assert kinds(service) == [FindingKind.TOMBSTONE_WITHOUT_CLAIM, FindingKind.QUOTE_WITHOUT_CLAIM]


def test_a_tombstone_without_a_claim(service: InMemoryService, claimed_quote: Started) -> None:
    service.quotes.finish_claim(service.ref(service.start()), LAST_REVISION)
    assert kinds(service) == [FindingKind.TOMBSTONE_WITHOUT_CLAIM]


def test_a_claim_that_is_done_without_a_quote(service: InMemoryService, claimed_quote: Started) -> None:
    service.database.quotes.pop(claimed_quote.quote_id)
    assert kinds(service) == [FindingKind.CLAIM_WITHOUT_QUOTE]


def test_a_draft_that_is_left_of_a_claimed_quote(service: InMemoryService) -> None:
    quote = service.start("motor")
    restore = service.quotes.backup(service.ref(quote))
    service.register(quote)
    service.reconcile_after(REPAIR_DELAY)
    restore()
    assert kinds(service) == [FindingKind.DRAFT_LEFT]


def test_a_record_that_cannot_be_read(service: InMemoryService, claimed_quote: Started) -> None:
    service.quotes.corrupt(service.ref(service.start()))
    assert kinds(service) == [FindingKind.RECORD_UNREADABLE]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"state": ClaimState.RETRY}, [FindingKind.PAYLOAD_MISSING]),
        ({"payload": b"raw"}, [FindingKind.PAYLOAD_LEFT]),
        ({"state": ClaimState.DISCARDED, "account_id": None}, [FindingKind.DISCARDED_BUT_KEPT]),
        ({"account_id": AccountId("ac_other")}, [FindingKind.OWNERS_DIFFER]),
        ({"source_revision": Revision(1)}, [FindingKind.REVISIONS_DIFFER]),
        ({"next_at": None}, [FindingKind.NEVER_DUE]),
        ({"next_at": None, "cleanup": Cleanup.VERIFIED}, []),
        ({"state": ClaimState.DEAD, "payload": b"raw"}, []),
    ],
)
def test_a_claim_that_contradicts_itself(
    service: InMemoryService, claimed_quote: Started, changes: dict[str, Any], found: list[FindingKind]
) -> None:
    service.change_claim(claimed_quote, **changes)
    assert kinds(service) == found


def test_claims_that_nobody_looks_at(service: InMemoryService, claimed_quote: Started) -> None:
    service.change_claim(claimed_quote, next_at=service.clock.now() - timedelta(minutes=9))
    assert kinds(service) == []
    service.change_claim(claimed_quote, next_at=service.clock.now() - timedelta(minutes=11))
    assert kinds(service) == [FindingKind.OVERDUE]


def test_claims_that_a_wrong_clock_has_put_off_for_years(service: InMemoryService, claimed_quote: Started) -> None:
    service.change_claim(claimed_quote, next_at=service.clock.now() + service.lifetime.ttl + timedelta(hours=1))
    assert kinds(service) == []
    service.change_claim(claimed_quote, next_at=service.clock.now() + timedelta(days=365))
    assert kinds(service) == [FindingKind.NEVER_DUE]


def test_claims_of_a_retired_server_key_are_counted_apart(service: InMemoryService, claimed_quote: Started) -> None:
    service.change_claim(claimed_quote, key_id="retired")
    examined: Counter[str] = Counter()
    findings = list(service.operations.verify(lambda what, number: examined.update({what: number})))
    assert [finding.kind for finding in findings] == [FindingKind.TOMBSTONE_WITHOUT_CLAIM]
    assert sum(number for what, number in examined.items() if "retired" in what) == 1
