"""Reconcilers, operators, customers and claims that meet at one claim."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from domain.claims import Claim, ClaimState
from domain.model import Draft, Revision, StoredDraft
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
from tests.contract.support.races import RACERS, ROUNDS, race

NEWER = StoredDraft(Revision(REVISION + 5), b"newer")
NEWER_DRAFT = Draft("motor", {"vehicle": {"make": "Fiat"}})

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("eager_threads")]


def test_of_many_changes_of_one_version_exactly_one_is_made(ports: Ports) -> None:
    new = a_claim_to_repair()
    ports.claims.add(new)
    for turn in range(ROUNDS):
        before = _present(ports, new.claim)
        entries = [an_audit_entry(before, actor=f"{turn}-{racer}") for racer in range(RACERS)]
        changes = [
            partial(ports.outbox.change, before, replace(before, last_error=entry.actor), entry=entry)
            for entry in entries
        ]

        outcome = race(changes)

        assert Counter(done=1, ClaimChanged=RACERS - 1) == outcome
        [*_, latest] = entries = ports.records.audit_log(None, 2 * ROUNDS)
        assert turn + 1 == len(entries)
        assert replace(before, version=turn + 1, last_error=latest.actor) == _present(ports, before)


def test_of_a_quote_that_is_built_and_a_claim_that_is_discarded_only_one_is_left(ports: Ports) -> None:
    account = an_account()
    ports.claims.add(a_new_claim(account))
    for _ in range(ROUNDS):
        new = another_claim(account)
        ports.claims.add(new)
        build = partial(ports.outbox.change, new.claim, new.claim.done(), quote=a_quote(new.claim))
        discard = partial(ports.outbox.change, new.claim, new.claim.discarded(NOW))

        outcome = race([build, discard, build, discard])

        assert Counter(done=1, ClaimChanged=3) == outcome
        is_done = _present(ports, new.claim).state is ClaimState.DONE
        assert is_done == (ports.claims.quote(new.claim.quote_id) is not None)


def test_an_account_that_is_erased_while_its_quotes_are_built_leaves_none_of_them(ports: Ports) -> None:
    for turn in range(ROUNDS):
        account = an_account(f"{turn}@example.com")
        news = [a_claim_to_repair(account), *(another_claim(account) for _ in range(3))]
        for new in news:
            ports.claims.add(new)
        builds = [partial(ports.outbox.change, new.claim, new.claim.done(), quote=a_quote(new.claim)) for new in news]

        outcome = race([*builds, partial(ports.accounts.erase, account.account_id, NOW)])

        assert len(news) + 1 == outcome["done"] + outcome["ClaimChanged"]
        assert ports.accounts.with_email(account.email.key) is None
        for new in news:
            assert _owned(_present(ports, new.claim)) == (ClaimState.DISCARDED, None)
            assert ports.claims.quote(new.claim.quote_id) is None


def test_an_account_that_is_erased_while_it_claims_keeps_no_quote_of_the_claim(ports: Ports) -> None:
    for turn in range(ROUNDS):
        account = an_account(f"{turn}@example.com")
        ports.claims.add(a_new_claim(account))
        news = [replace(a_new_claim(account), account=None) for _ in range(3)]

        outcome = race(
            [*(partial(ports.claims.add, new) for new in news), partial(ports.accounts.erase, account.account_id, NOW)]
        )

        assert ports.accounts.with_email(account.email.key) is None, outcome
        for new in news:
            found = ports.outbox.find(new.claim.quote_id)
            assert found is None or _owned(found) == (ClaimState.DISCARDED, None)
            assert ports.claims.quote(new.claim.quote_id) is None


@pytest.mark.parametrize("state", [ClaimState.DONE, ClaimState.RETRY])
def test_a_draft_newer_than_the_quote_being_built_is_not_lost(ports: Ports, state: ClaimState) -> None:
    account = an_account()
    ports.claims.add(a_new_claim(account))
    for _ in range(ROUNDS):
        new = replace(a_new_claim(account), account=None) if state is ClaimState.DONE else another_claim(account)
        ports.claims.add(new)
        build = partial(
            ports.outbox.change, new.claim, new.claim.done(), quote=a_quote(new.claim, details={"old": True})
        )

        race([build, build, partial(ports.claims.take_newer, new.claim.quote_id, NEWER, NEWER_DRAFT), build])

        claim, quote = _present(ports, new.claim), ports.claims.quote(new.claim.quote_id)
        assert NEWER.revision == claim.source_revision
        if claim.state is ClaimState.DONE:
            assert quote
            assert (NEWER.revision, NEWER_DRAFT.details) == (quote.source_revision, quote.details)
        else:
            assert (NEWER.raw, None) == (claim.payload, quote)


def _present(ports: Ports, claim: Claim) -> Claim:
    found = ports.outbox.find(claim.quote_id)
    assert found
    return found


def _owned(claim: Claim) -> tuple[ClaimState, str | None]:
    return claim.state, claim.account_id
