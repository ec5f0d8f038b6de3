"""What a checker finds: each broken invariant that can be seen from outside, and nothing where all is well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.claims import ClaimState, Cleanup
from domain.errors import StoreUnreachable
from domain.model import LAST_REVISION, AccountId, Revision
from domain.use_cases.start_quote import Started
from domain.use_cases.verify_claims import FindingKind
from tests.support.in_memory_service import REPAIR_DELAY, World, applicant


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def quote(world: World) -> Started:
    """A claimed quote, cleaned up after once; another is open, one pending."""
    quote = world.start("motor", make="Seat")
    world.register(quote)
    world.reconcile_after(REPAIR_DELAY)
    world.start("home")
    pending = world.start("travel")
    world.quotes.outage = StoreUnreachable("away")
    world.register(pending, applicant("p@example.com"))
    world.quotes.outage = None
    return quote


def kinds(world: World) -> list[FindingKind]:
    return [finding.kind for finding in world.findings()]


def change(world: World, quote: Started, **changes: Any) -> None:
    world.database.claims[quote.quote_id] = replace(world.claim(quote), **changes)


def test_nothing_is_found_where_nothing_is_wrong(world: World, quote: Started) -> None:
    examined: Counter[str] = Counter()
    tell: Callable[[str, int], None] = lambda what, number: examined.update({what: number})  # noqa: E731 - a one-off
    assert list(world.operations.verify(tell)) == []
    assert examined == {"keys": 3, "claims": 2, "quotes": 1}


def test_a_claim_that_is_on_its_way_is_no_finding(world: World) -> None:
    quote = world.start("motor")
    before = world.quotes._entries[world.ref(quote)]
    world.register(quote)
    world.quotes._entries[world.ref(quote)] = before
    assert world.claim(quote).cleanup is Cleanup.PENDING
    assert kinds(world) == []


def test_a_quote_without_a_claim(world: World, quote: Started) -> None:
    world.database.claims.pop(quote.quote_id)
    assert kinds(world) == [FindingKind.TOMBSTONE_WITHOUT_CLAIM, FindingKind.QUOTE_WITHOUT_CLAIM]


def test_a_tombstone_without_a_claim(world: World, quote: Started) -> None:
    world.quotes.finish_claim(world.ref(world.start()), LAST_REVISION)
    assert kinds(world) == [FindingKind.TOMBSTONE_WITHOUT_CLAIM]


def test_a_claim_that_is_done_without_a_quote(world: World, quote: Started) -> None:
    world.database.quotes.pop(quote.quote_id)
    assert kinds(world) == [FindingKind.CLAIM_WITHOUT_QUOTE]


def test_a_draft_that_is_left_of_a_claimed_quote(world: World) -> None:
    quote = world.start("motor")
    before = world.quotes._entries[world.ref(quote)]
    world.register(quote)
    world.reconcile_after(REPAIR_DELAY)
    world.quotes._entries[world.ref(quote)] = before
    assert kinds(world) == [FindingKind.DRAFT_LEFT]


def test_a_record_that_cannot_be_read(world: World, quote: Started) -> None:
    world.quotes.corrupt(world.ref(world.start()))
    assert kinds(world) == [FindingKind.RECORD_UNREADABLE]


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
    world: World, quote: Started, changes: dict[str, Any], found: list[FindingKind]
) -> None:
    change(world, quote, **changes)
    assert kinds(world) == found


def test_claims_that_nobody_looks_at(world: World, quote: Started) -> None:
    change(world, quote, next_at=world.clock.now() - timedelta(minutes=9))
    assert kinds(world) == []
    change(world, quote, next_at=world.clock.now() - timedelta(minutes=11))
    assert kinds(world) == [FindingKind.OVERDUE]


def test_claims_that_a_wrong_clock_has_put_off_for_years(world: World, quote: Started) -> None:
    change(world, quote, next_at=world.clock.now() + world.lifetime.ttl + timedelta(hours=1))
    assert kinds(world) == []
    change(world, quote, next_at=world.clock.now() + timedelta(days=365))
    assert kinds(world) == [FindingKind.NEVER_DUE]


def test_claims_of_a_retired_server_key_are_told_as_not_looked_up(world: World, quote: Started) -> None:
    change(world, quote, key_id="retired")
    examined: Counter[str] = Counter()
    findings = list(world.operations.verify(lambda what, number: examined.update({what: number})))
    assert [finding.kind for finding in findings] == [FindingKind.TOMBSTONE_WITHOUT_CLAIM]
    assert sum(number for what, number in examined.items() if "retired" in what) == 1
