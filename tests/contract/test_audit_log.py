"""The audit log of operators' changes, on every database: complete and unchanged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Literal

import pytest

from domain.errors import CommitUnknown
from domain.repairing.audit import AuditAction
from tests.contract.support.builders import NOW, a_claim_to_repair, an_audit_entry, another_claim
from tests.contract.support.database_fixtures import Ports, memory_ports
from tests.contract.support.races import race
from tests.doubles.database import FaultyDatabase


@pytest.mark.parametrize("action", list(AuditAction))
@pytest.mark.parametrize("reason", [None, "", "Ticket 7: Zoë 王小明 🚗 'quoted' \\ and a\nline"])
def test_an_audit_entry_is_read_back_as_it_was_logged(ports: Ports, action: AuditAction, reason: str | None) -> None:
    claim = a_claim_to_repair().claim
    entry = an_audit_entry(
        claim,
        action=action,
        reason=reason,
        actor="Zoë <zoe@example.com>",
        at=NOW + timedelta(milliseconds=7),
        before={"state": "retry", "revision": 2**48 - 1, "z": None, "a": [True, {"é": 1.5}]},
        after={},
    )

    ports.records.log(entry)

    [found] = ports.records.audit_log(None, 10)
    assert entry == found
    assert list(entry.before) == list(found.before)


def test_the_latest_entries_come_with_the_oldest_of_them_first(ports: Ports) -> None:
    claim = a_claim_to_repair().claim
    entries = [an_audit_entry(claim, actor=str(n)) for n in range(5)]
    for entry in entries:
        ports.records.log(entry)

    assert entries[2:] == ports.records.audit_log(None, 3)
    assert entries == ports.records.audit_log(None, 5)
    assert entries == ports.records.audit_log(None, 6)


def test_the_audit_entries_of_one_claim_are_read_alone(ports: Ports) -> None:
    mine, other = a_claim_to_repair().claim, a_claim_to_repair().claim
    entries = [an_audit_entry(claim, actor=str(n)) for n, claim in enumerate([mine, other, mine, other, mine])]
    for entry in entries:
        ports.records.log(entry)

    assert [entries[0], entries[2], entries[4]] == ports.records.audit_log(mine.quote_id, 10)
    assert [entries[1], entries[3]] == ports.records.audit_log(other.quote_id, 10)
    assert [entries[2], entries[4]] == ports.records.audit_log(mine.quote_id, 2)
    assert ports.records.audit_log(a_claim_to_repair().claim.quote_id, 10) == []


def test_logged_audit_entries_and_those_of_changes_are_in_one_order(ports: Ports) -> None:
    new = a_claim_to_repair()
    ports.claims.add(new)
    first, second, third = (an_audit_entry(new.claim, actor=actor) for actor in ("carol", "dave", "erin"))

    ports.records.log(first)
    changed = ports.outbox.change(new.claim, replace(new.claim, attempts=0), entry=second)
    ports.records.log(third)

    assert [first, second, third] == ports.records.audit_log(None, 10)
    assert changed == ports.outbox.find(new.claim.quote_id)


def test_the_audit_entries_of_a_claim_stay_except_the_parts_that_its_owner_erases(ports: Ports) -> None:
    new = a_claim_to_repair()
    ports.claims.add(new)
    assert new.account
    other = another_claim(new.account)
    ports.claims.add(other)
    entry = an_audit_entry(new.claim)
    ports.records.log(entry)

    changed = ports.outbox.change(new.claim, replace(new.claim, attempts=1))
    ports.outbox.change(changed, changed.discarded(NOW))
    assert [entry] == ports.records.audit_log(new.claim.quote_id, 10)

    ports.accounts.erase(new.account.account_id, NOW)
    ports.records.log(an_audit_entry(other.claim))

    assert [entry.anonymised()] == ports.records.audit_log(new.claim.quote_id, 10)


def test_the_same_audit_entry_twice_is_two_entries(ports: Ports) -> None:
    entry = an_audit_entry(a_claim_to_repair().claim)

    ports.records.log(entry)
    ports.records.log(entry)

    assert [entry, entry] == ports.records.audit_log(None, 10)


def test_an_audit_entry_is_stored_by_value(ports: Ports) -> None:
    given = {"state": "dead"}
    ports.records.log(an_audit_entry(a_claim_to_repair().claim, before=given))

    given["state"] = "done"
    [read] = ports.records.audit_log(None, 10)
    assert isinstance(read.before, dict)
    read.before["state"] = "discarded"

    assert {"state": "dead"} == ports.records.audit_log(None, 10)[0].before  # noqa: SIM300 - the expected value stands first


def test_audit_entries_that_are_logged_at_once_are_all_kept(ports: Ports) -> None:
    claim = a_claim_to_repair().claim
    entries = [an_audit_entry(claim, actor=str(n)) for n in range(16)]

    race([partial(ports.records.log, entry) for entry in entries])

    assert {entry.actor for entry in entries} == {entry.actor for entry in ports.records.audit_log(None, 100)}
    assert len(entries) == len(ports.records.audit_log(None, 100))


@pytest.mark.backend("memory")
@pytest.mark.parametrize("fate", ["applied", "dropped"])
def test_in_memory_too_an_audit_entry_shares_the_fate_of_its_change(fate: Literal["applied", "dropped"]) -> None:
    database = FaultyDatabase()
    ports, new = memory_ports(database), a_claim_to_repair()
    ports.claims.add(new)
    entry = an_audit_entry(new.claim)
    database.lose_next_commit = fate

    with pytest.raises(CommitUnknown):
        ports.outbox.change(new.claim, replace(new.claim, attempts=0), entry=entry)

    found = ports.outbox.find(new.claim.quote_id)
    assert found
    expected = (1, [entry]) if fate == "applied" else (0, [])
    assert expected == (found.version, ports.records.audit_log(None, 10))
