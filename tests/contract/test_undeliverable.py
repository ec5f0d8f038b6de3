"""Undeliverable dead letters of every outbox: dead for long, and never repaired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.claims import Cause, ClaimState, Cleanup
from domain.model import QuoteId
from tests.contract.support.builders import NOW, a_claim_to_repair, an_account, another_claim
from tests.contract.support.database_fixtures import Ports

DEAD: dict[str, Any] = {
    "state": ClaimState.DEAD,
    "cause": Cause.QUOTE_REFUSED,
    "cleanup": Cleanup.VERIFIED,
    "next_at": None,
    "finished_at": NOW,
}
SECOND = timedelta(seconds=1)


def added(ports: Ports, **changes: Any) -> QuoteId:
    new = a_claim_to_repair(an_account(), **{**DEAD, **changes})
    ports.claims.add(new)
    return new.claim.quote_id


def test_a_dead_letter_is_undeliverable_when_its_first_pass_is_long_ago(ports: Ports) -> None:
    dead = added(ports)

    assert ports.outbox.undeliverable(NOW - SECOND, 10) == []
    [found] = ports.outbox.undeliverable(NOW, 10)
    assert (dead, b"old") == (found.quote_id, found.payload)


@pytest.mark.parametrize(
    "changes",
    [
        {"payload": None},
        {"next_at": NOW},
        {"finished_at": None},
        *({"state": state} for state in ClaimState if state is not ClaimState.DEAD),
    ],
    ids=str,
)
def test_no_other_claim_is_undeliverable(ports: Ports, changes: dict[str, Any]) -> None:
    added(ports, **changes)

    assert ports.outbox.undeliverable(NOW + 1000 * SECOND, 10) == []


def test_no_more_come_than_were_asked_for(ports: Ports) -> None:
    new = a_claim_to_repair(**DEAD)
    assert new.account
    ports.claims.add(new)
    for _ in range(4):
        ports.claims.add(another_claim(new.account, **DEAD))

    assert len(ports.outbox.undeliverable(NOW, 3)) == 3
    assert len(ports.outbox.undeliverable(NOW, 10)) == 5


def test_a_purged_claim_does_not_come_again(ports: Ports) -> None:
    added(ports)
    [found] = ports.outbox.undeliverable(NOW, 10)

    purged = ports.outbox.change(found, found.purged())

    assert ports.outbox.undeliverable(NOW, 10) == []
    assert purged == ports.outbox.find(found.quote_id)
    assert (purged.state, purged.cause, purged.payload, purged.last_error) == (
        ClaimState.DEAD,
        Cause.PURGED,
        None,
        None,
    )
