"""What every database keeps of what people did to claims: all of it, as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from domain.errors import CommitUnknown
from domain.repairing.audit import ActKind
from tests.contract.builders import NOW, a_claim_to_repair, an_act, another_claim
from tests.contract.databases import Ports, memory_ports
from tests.contract.races import race
from tests.doubles.database import FaultyDatabase


@pytest.mark.parametrize("kind", list(ActKind))
@pytest.mark.parametrize("reason", [None, "", "Ticket 7: Zoë 王小明 🚗 'quoted' \\ and a\nline"])
def test_an_act_comes_back_as_it_was_logged(ports: Ports, kind: ActKind, reason: str | None) -> None:
    claim = a_claim_to_repair().claim
    act = an_act(
        claim,
        kind=kind,
        reason=reason,
        actor="Zoë <zoe@example.com>",
        at=NOW + timedelta(milliseconds=7),
        before={"state": "retry", "revision": 2**48 - 1, "z": None, "a": [True, {"é": 1.5}]},
        after={},
    )

    ports.records.log(act)

    [found] = ports.records.acts(None, 10)
    assert act == found
    assert list(act.before) == list(found.before)


def test_the_latest_acts_come_with_the_oldest_of_them_first(ports: Ports) -> None:
    claim = a_claim_to_repair().claim
    acts = [an_act(claim, actor=str(n)) for n in range(5)]
    for act in acts:
        ports.records.log(act)

    assert acts[2:] == ports.records.acts(None, 3)
    assert acts == ports.records.acts(None, 5)
    assert acts == ports.records.acts(None, 6)


def test_the_acts_on_one_claim_are_told_apart_from_those_on_others(ports: Ports) -> None:
    mine, other = a_claim_to_repair().claim, a_claim_to_repair().claim
    acts = [an_act(claim, actor=str(n)) for n, claim in enumerate([mine, other, mine, other, mine])]
    for act in acts:
        ports.records.log(act)

    assert [acts[0], acts[2], acts[4]] == ports.records.acts(mine.quote_id, 10)
    assert [acts[1], acts[3]] == ports.records.acts(other.quote_id, 10)
    assert [acts[2], acts[4]] == ports.records.acts(mine.quote_id, 2)
    assert ports.records.acts(a_claim_to_repair().claim.quote_id, 10) == []


def test_acts_that_were_logged_and_acts_of_changes_are_in_one_order(ports: Ports) -> None:
    new = a_claim_to_repair()
    ports.claims.add(new)
    first, second, third = (an_act(new.claim, actor=actor) for actor in ("carol", "dave", "erin"))

    ports.records.log(first)
    changed = ports.outbox.change(new.claim, replace(new.claim, attempts=0), act=second)
    ports.records.log(third)

    assert [first, second, third] == ports.records.acts(None, 10)
    assert changed == ports.outbox.find(new.claim.quote_id)


def test_whatever_becomes_of_a_claim_the_acts_on_it_stay_but_for_what_is_forgotten_with_its_owner(ports: Ports) -> None:
    new = a_claim_to_repair()
    ports.claims.add(new)
    assert new.account
    other = another_claim(new.account)
    ports.claims.add(other)
    act = an_act(new.claim)
    ports.records.log(act)

    changed = ports.outbox.change(new.claim, replace(new.claim, attempts=1))
    ports.outbox.change(changed, changed.discarded(NOW))
    assert [act] == ports.records.acts(new.claim.quote_id, 10)

    ports.accounts.erase(new.account.account_id, NOW)
    ports.records.log(an_act(other.claim))

    assert [act.forgotten()] == ports.records.acts(new.claim.quote_id, 10)


def test_the_same_act_twice_is_two_acts(ports: Ports) -> None:
    act = an_act(a_claim_to_repair().claim)

    ports.records.log(act)
    ports.records.log(act)

    assert [act, act] == ports.records.acts(None, 10)


def test_an_act_that_was_read_or_given_can_be_changed_without_changing_what_is_kept(ports: Ports) -> None:
    given = {"state": "dead"}
    ports.records.log(an_act(a_claim_to_repair().claim, before=given))

    given["state"] = "done"
    [read] = ports.records.acts(None, 10)
    assert isinstance(read.before, dict)
    read.before["state"] = "discarded"

    assert {"state": "dead"} == ports.records.acts(None, 10)[0].before  # noqa: SIM300 - the expected value stands first


def test_acts_that_are_logged_at_once_are_all_kept(ports: Ports) -> None:
    claim = a_claim_to_repair().claim
    acts = [an_act(claim, actor=str(n)) for n in range(16)]

    race([lambda act=act: ports.records.log(act) for act in acts])

    assert {act.actor for act in acts} == {act.actor for act in ports.records.acts(None, 100)}
    assert len(acts) == len(ports.records.acts(None, 100))


@pytest.mark.leg("memory")
@pytest.mark.parametrize("fate", ["applied", "dropped"])
def test_in_memory_too_an_act_shares_the_fate_of_its_change(fate: Literal["applied", "dropped"]) -> None:
    database = FaultyDatabase()
    ports, new = memory_ports(database), a_claim_to_repair()
    ports.claims.add(new)
    act = an_act(new.claim)
    database.lose_next_commit = fate

    with pytest.raises(CommitUnknown):
        ports.outbox.change(new.claim, replace(new.claim, attempts=0), act=act)

    found = ports.outbox.find(new.claim.quote_id)
    assert found
    expected = (1, [act]) if fate == "applied" else (0, [])
    assert expected == (found.version, ports.records.acts(None, 10))
