"""The contract of every outbox for the quote of a changed claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.claims import Claim, ClaimState
from domain.errors import QuoteRefused
from domain.model import LAST_REVISION, Details, Revision
from tests.contract.support.builders import (
    NOW,
    REVISION,
    a_claim_to_repair,
    a_new_claim,
    a_quote,
    an_account,
    an_audit_entry,
    another_claim,
)
from tests.contract.support.database_fixtures import Ports
from tests.contract.support.direct_access import DirectAccess

HOUR = timedelta(hours=1)


def test_a_quote_that_could_be_built_at_last_is_put_beside_its_claim(ports: Ports) -> None:
    before = _to_repair(ports)
    quote = a_quote(before, claimed_at=NOW + HOUR, details={"vehicle": {"make": "Škoda"}})

    done = ports.outbox.change(before, before.done(), quote=quote)

    assert quote == ports.claims.quote(before.quote_id)
    assert (done.state, done.payload) == (ClaimState.DONE, None)
    assert done == ports.outbox.find(before.quote_id)


def test_a_quote_in_the_place_of_an_older_one_keeps_when_it_was_made_and_claimed(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)
    newer = a_quote(
        new.claim,
        product="home",
        details={"rooms": 3},
        source_revision=Revision(REVISION + 1),
        created_at=NOW + HOUR,
        claimed_at=NOW + HOUR,
    )

    ports.outbox.change(new.claim, replace(new.claim, source_revision=newer.source_revision), quote=newer)

    assert new.quote
    expected = replace(newer, created_at=new.quote.created_at, claimed_at=new.quote.claimed_at)
    assert expected == ports.claims.quote(new.claim.quote_id)


def test_a_quote_without_a_product_takes_the_place_of_one_that_has_one(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)

    ports.outbox.change(new.claim, new.claim, quote=a_quote(new.claim, product=None))

    assert new.quote
    assert replace(new.quote, product=None) == ports.claims.quote(new.claim.quote_id)


def test_a_change_without_a_quote_leaves_the_one_that_is_there(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)

    ports.outbox.change(new.claim, replace(new.claim, next_at=None))

    assert new.quote == ports.claims.quote(new.claim.quote_id)


def test_a_quote_is_stored_by_value(ports: Ports) -> None:
    before = _to_repair(ports)
    details: Details = {"drivers": [{"age": 30}]}

    ports.outbox.change(before, before.done(), quote=a_quote(before, details=details))
    details["drivers"] = []

    quote = ports.claims.quote(before.quote_id)
    assert quote
    assert {"drivers": [{"age": 30}]} == quote.details  # noqa: SIM300 - the expected value stands first


def test_a_quote_touches_no_other_quote(ports: Ports) -> None:
    account = an_account()
    other = a_new_claim(account)
    ports.claims.add(other)
    before = another_claim(account)
    ports.claims.add(before)

    ports.outbox.change(before.claim, before.claim.done(), quote=a_quote(before.claim, details={"mine": True}))

    assert other.quote == ports.claims.quote(other.claim.quote_id)


def test_a_quote_that_the_database_refuses_leaves_the_claim_as_it_was_and_keeps_no_act(
    ports: Ports, direct_access: DirectAccess
) -> None:
    before = _to_repair(ports)
    direct_access.refuse_quotes("INSERT")

    with pytest.raises(QuoteRefused) as refusal:
        ports.outbox.change(
            before, before.done(), quote=a_quote(before, details={"name": "Ada Lovelace"}), entry=an_audit_entry(before)
        )

    assert "Ada" not in str(refusal.value)
    assert before == ports.outbox.find(before.quote_id)
    assert ports.claims.quote(before.quote_id) is None
    assert ports.records.audit_log(None, 10) == []


def test_a_newer_quote_that_the_database_refuses_leaves_the_older_one(
    ports: Ports, direct_access: DirectAccess
) -> None:
    new = a_new_claim()
    ports.claims.add(new)
    direct_access.refuse_quotes("UPDATE")

    with pytest.raises(QuoteRefused):
        ports.outbox.change(
            new.claim,
            replace(new.claim, attempts=3),
            quote=a_quote(new.claim, details={}),
            entry=an_audit_entry(new.claim),
        )

    assert new.claim == ports.outbox.find(new.claim.quote_id)
    assert new.quote == ports.claims.quote(new.claim.quote_id)
    assert ports.records.audit_log(None, 10) == []


def test_after_a_refusal_the_claim_can_be_changed_as_it_was_read(ports: Ports, direct_access: DirectAccess) -> None:
    before = _to_repair(ports)
    direct_access.refuse_quotes("INSERT")
    with pytest.raises(QuoteRefused):
        ports.outbox.change(before, before.done(), quote=a_quote(before))

    dead = ports.outbox.change(before, replace(before, state=ClaimState.DEAD))

    assert dead == ports.outbox.find(before.quote_id)


def test_a_discarded_claim_loses_its_quote_its_owner_and_the_data_about_the_owner(ports: Ports) -> None:
    new = a_new_claim()
    ports.claims.add(new)

    discarded = ports.outbox.change(new.claim, new.claim.discarded(NOW))

    assert ports.claims.quote(new.claim.quote_id) is None
    owner = ports.claims.with_account(new.claim.quote_id)
    assert owner
    assert (discarded, None) == (owner.claim, owner.account)
    assert (discarded.account_id, discarded.source_revision) == (None, LAST_REVISION)
    assert new.account == ports.accounts.with_email("ada@example.com")


def test_a_discarded_claim_takes_no_quote(ports: Ports) -> None:
    before = _to_repair(ports)

    ports.outbox.change(before, before.discarded(NOW), quote=a_quote(before))

    assert ports.claims.quote(before.quote_id) is None


def _to_repair(ports: Ports) -> Claim:
    new = a_claim_to_repair()
    ports.claims.add(new)
    return new.claim
