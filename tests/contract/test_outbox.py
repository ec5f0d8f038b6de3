"""The contract of every outbox: the due claims, and a change that is made once or not at all."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.claims import Cause, Claim, ClaimState, Cleanup, NewClaim
from domain.errors import ClaimChanged
from domain.model import Revision, StoredDraft
from domain.ports import Claims
from domain.repairing.audit import AuditAction
from domain.repairing.ports import ClaimRecords, Outbox
from tests.contract.support.builders import (
    NOW,
    REVISION,
    a_claim,
    a_claim_to_repair,
    a_new_claim,
    a_quote,
    a_quote_id,
    an_account,
    an_audit_entry,
    another_claim,
)
from tests.contract.support.database_fixtures import Ports

SECOND = timedelta(seconds=1)
MANY_BYTES = random.Random(1).randbytes(307_200)  # noqa: S311 - a test
NEWER = StoredDraft(Revision(REVISION + 5), b"newer")


# Due claims


def test_the_longest_overdue_claim_comes_first_and_claims_that_are_not_due_are_left_out(
    claims: Claims, outbox: Outbox
) -> None:
    account = an_account()
    claims.add(a_new_claim(account))
    moments = [NOW + SECOND, NOW, None, NOW - 3 * SECOND, NOW - SECOND, NOW + 5 * SECOND, NOW - 2 * SECOND]
    added = [_added(claims, another_claim(account, next_at=moment)) for moment in moments]

    expected = [added[3], added[6], added[4], added[1]]
    assert expected == outbox.due(NOW, 10)


def test_no_more_come_than_were_asked_for_and_those_are_the_longest_overdue(claims: Claims, outbox: Outbox) -> None:
    account = an_account()
    claims.add(a_new_claim(account))
    added = [_added(claims, another_claim(account, next_at=NOW - n * SECOND)) for n in range(5)]

    assert [added[4], added[3]] == outbox.due(NOW, 2)


def test_a_due_claim_has_all_its_fields(claims: Claims, outbox: Outbox) -> None:
    account = an_account()
    claims.add(a_new_claim(account))
    full = _added(claims, another_claim(account, payload=MANY_BYTES, next_at=NOW - SECOND, **_FIELDS))
    nobodys = _added(claims, NewClaim(None, a_claim(a_quote_id(), None, state=ClaimState.DISCARDED, next_at=NOW), None))

    assert [full, nobodys] == outbox.due(NOW, 10)
    assert full == outbox.find(full.quote_id)


def test_nothing_is_due_where_there_is_nothing(outbox: Outbox) -> None:
    assert outbox.due(NOW, 10) == []
    assert outbox.find(a_quote_id()) is None


# A change


def test_a_change_puts_every_field_in_place_and_counts_the_version(claims: Claims, outbox: Outbox) -> None:
    before = _added(claims, a_claim_to_repair(version=6))
    after = replace(before, payload=None, next_at=NOW + SECOND, source_revision=Revision(REVISION + 1), **_FIELDS)

    changed = outbox.change(before, after)

    assert replace(after, version=7) == changed
    assert changed == outbox.find(before.quote_id)


def test_a_change_can_empty_every_field_that_may_be_empty(claims: Claims, outbox: Outbox) -> None:
    before = _added(claims, a_claim_to_repair(**_FIELDS))
    after = replace(before, payload=None, finished_at=None, next_at=None, cause=None, last_error=None, attempts=0)

    changed = outbox.change(before, after)

    assert replace(after, version=before.version + 1) == changed == outbox.find(before.quote_id)


def test_the_version_after_a_change_follows_the_version_that_was_read(claims: Claims, outbox: Outbox) -> None:
    before = _added(claims, a_claim_to_repair())

    first = outbox.change(before, replace(before, version=40))
    second = outbox.change(first, first)

    assert (first.version, second.version) == (1, 2)
    assert second == outbox.find(before.quote_id)


def test_a_change_touches_no_other_claim(claims: Claims, outbox: Outbox) -> None:
    account = an_account()
    new = a_new_claim(account)
    claims.add(new)
    before = _added(claims, another_claim(account))

    outbox.change(before, before.discarded(NOW))

    assert new.claim == outbox.find(new.claim.quote_id)
    assert new.quote == claims.quote(new.claim.quote_id)


def test_a_change_of_an_outdated_version_changes_nothing(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)
    stale = new.claim
    present = ports.outbox.change(stale, replace(stale, attempts=1))

    for after in (replace(stale, attempts=9), stale.discarded(NOW)):
        with pytest.raises(ClaimChanged):
            ports.outbox.change(stale, after, quote=a_quote(stale, details={"late": True}), entry=an_audit_entry(stale))

    assert present == ports.outbox.find(stale.quote_id)
    assert new.quote == ports.claims.quote(stale.quote_id)
    assert ports.records.audit_log(None, 10) == []


def test_a_version_that_never_existed_is_not_the_present_one(claims: Claims, outbox: Outbox) -> None:
    present = _added(claims, a_claim_to_repair(version=3))

    for version in (2, 4):
        with pytest.raises(ClaimChanged):
            outbox.change(replace(present, version=version), present)
    with pytest.raises(ClaimChanged):
        outbox.change(replace(present, quote_id=a_quote_id()), present)

    assert present == outbox.find(present.quote_id)


def test_a_change_does_not_undo_a_newer_draft_that_came_in_between(ports: Ports) -> None:
    before = _added(ports.claims, a_claim_to_repair())
    ports.claims.take_newer(before.quote_id, NEWER, None)

    with pytest.raises(ClaimChanged):
        ports.outbox.change(before, before.done(), quote=a_quote(before), entry=an_audit_entry(before))

    expected = replace(before, source_revision=NEWER.revision, payload=NEWER.raw)
    assert expected == ports.outbox.find(before.quote_id)
    assert ports.claims.quote(before.quote_id) is None
    assert ports.records.audit_log(None, 10) == []


# The audit entry of a change


def test_the_audit_entry_is_stored_with_the_change(claims: Claims, outbox: Outbox, records: ClaimRecords) -> None:
    before = _added(claims, a_claim_to_repair(version=1))
    entry = an_audit_entry(before, action=AuditAction.DISCARD)

    outbox.change(before, before.discarded(NOW), entry=entry)

    assert [entry] == records.audit_log(None, 10)


_FIELDS: dict[str, Any] = {
    "state": ClaimState.DEAD,
    "cleanup": Cleanup.FINISHED,
    "finished_at": NOW - 2 * SECOND,
    "attempts": 8,
    "cause": Cause.QUOTE_REFUSED,
    "last_error": "Zoë 王小明 🚗",
}


def _added(claims: Claims, new: NewClaim) -> Claim:
    claims.add(new)
    return new.claim
