"""A claim on every database: atomic, made once, and stored by value."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from domain.claims import Claim, ClaimState, ClaimWithAccount, Cleanup, NewClaim
from domain.errors import ClaimConflict
from domain.model import Details, Draft, Revision, StoredDraft
from domain.ports import Accounts, Claims
from tests.contract.support.builders import (
    NOW,
    REVISION,
    a_claim,
    a_claim_to_repair,
    a_new_claim,
    a_quote_id,
    an_account,
)
from tests.contract.support.races import RACERS, ROUNDS, race

SAMPLES = sorted((Path(__file__).parent.parent / "samples").glob("*.json"))
NEWER = StoredDraft(Revision(REVISION + 5), b"newer")
OLDER = StoredDraft(Revision(REVISION - 5), b"older")
NEWER_DRAFT = Draft("motor", {"vehicle": {"make": "Fiat"}})


def test_a_claim_commits_the_account_the_claim_and_the_quote(accounts: Accounts, claims: Claims) -> None:
    new = a_new_claim()

    claims.add(new)

    assert new.account == accounts.with_email("ada@example.com")
    assert ClaimWithAccount(new.claim, new.account) == claims.with_account(new.claim.quote_id)
    assert new.quote == claims.quote(new.claim.quote_id)


def test_a_claim_without_a_quote_keeps_every_field(claims: Claims) -> None:
    new = a_claim_to_repair(attempts=3, cleanup=Cleanup.FINISHED, next_at=None)

    claims.add(new)

    assert ClaimWithAccount(new.claim, new.account) == claims.with_account(new.claim.quote_id)
    assert claims.quote(new.claim.quote_id) is None


@pytest.mark.parametrize("name", [None, "", "Zoë 王小明 🚗"])
def test_a_name_comes_back_as_it_was_given(accounts: Accounts, claims: Claims, name: str | None) -> None:
    account = replace(an_account(), name=name, credentials_version=7)

    claims.add(a_new_claim(account))

    assert account == accounts.with_email(account.email.key)


def test_an_account_that_exists_claims_another_quote(claims: Claims) -> None:
    first = a_new_claim()
    second = replace(a_new_claim(first.account), account=None)
    claims.add(first)

    claims.add(second)

    assert ClaimWithAccount(second.claim, first.account) == claims.with_account(second.claim.quote_id)


def test_a_claim_for_an_account_that_does_not_exist_leaves_nothing(claims: Claims) -> None:
    orphan = replace(a_new_claim(), account=None)

    with pytest.raises(ClaimConflict):
        claims.add(orphan)

    assert claims.with_account(orphan.claim.quote_id) is None
    assert claims.quote(orphan.claim.quote_id) is None


def test_the_claim_of_an_erased_account_belongs_to_nobody(claims: Claims) -> None:
    claim = a_claim(a_quote_id(), None, state=ClaimState.DISCARDED)

    claims.add(NewClaim(None, claim, None))

    assert ClaimWithAccount(claim, None) == claims.with_account(claim.quote_id)


def test_an_unclaimed_quote_has_no_owner_and_no_claimed_quote(accounts: Accounts, claims: Claims) -> None:
    quote_id = a_quote_id()

    assert claims.with_account(quote_id) is None
    assert claims.quote(quote_id) is None
    assert accounts.with_email("nobody@example.com") is None


def test_a_second_claim_of_a_quote_leaves_the_first_and_no_account(accounts: Accounts, claims: Claims) -> None:
    first = a_new_claim()
    claims.add(first)

    with pytest.raises(ClaimConflict):
        claims.add(a_new_claim(an_account("bob@example.com"), first.claim.quote_id, {"mine": True}))

    assert ClaimWithAccount(first.claim, first.account) == claims.with_account(first.claim.quote_id)
    assert first.quote == claims.quote(first.claim.quote_id)
    assert accounts.with_email("bob@example.com") is None


def test_the_same_claim_again_is_a_conflict_with_itself(claims: Claims) -> None:
    new = a_new_claim()
    claims.add(new)

    with pytest.raises(ClaimConflict):
        claims.add(new)

    assert ClaimWithAccount(new.claim, new.account) == claims.with_account(new.claim.quote_id)


def test_a_claim_with_a_taken_email_leaves_nothing(accounts: Accounts, claims: Claims) -> None:
    first, second = a_new_claim(), a_new_claim()
    claims.add(first)

    with pytest.raises(ClaimConflict):
        claims.add(second)

    assert first.account == accounts.with_email("ada@example.com")
    assert claims.with_account(second.claim.quote_id) is None
    assert claims.quote(second.claim.quote_id) is None


@pytest.mark.parametrize("other", ["zoe@example.com", "Zoë@example.com", "zoë@example.com ", "zoe\u0308@example.com"])
def test_emails_that_differ_by_accent_case_space_or_form_are_different(
    accounts: Accounts, claims: Claims, other: str
) -> None:
    zoe, stranger = an_account("zoë@example.com"), an_account(other)
    claims.add(a_new_claim(zoe))

    assert accounts.with_email(other) is None
    claims.add(a_new_claim(stranger))

    assert zoe == accounts.with_email("zoë@example.com")
    assert stranger == accounts.with_email(other)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_the_details_of_a_real_form_come_back_the_same(claims: Claims, sample: Path) -> None:
    details = json.loads(sample.read_text(encoding="utf-8"))
    new = a_new_claim(details=details)

    claims.add(new)

    assert _exactly(details) == _exactly(_details(claims, new))


def test_the_samples_are_there() -> None:
    assert len(SAMPLES) == 5


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"z": 1, "a": 2, "m": {"y": None, "b": []}},
        {"whole": 41, "decimal": 41.0, "small": 5e-324, "large": 1.7976931348623157e308, "true": True},
        {"limit": 2**53, "below": -(2**53), "zero": 0, "minus_zero": -0.0},
        {"text": 'quotes " and \\ and / and \n\t\u2028 and 🚗 and ﷽', "": "no name"},
        {"bytes": "é" * 40_000},
    ],
    ids=["empty", "order", "numbers", "integers", "text", "large"],
)
def test_details_come_back_in_their_order_and_types(claims: Claims, details: Details) -> None:
    new = a_new_claim(details=details)

    claims.add(new)

    assert _exactly(details) == _exactly(_details(claims, new))


def test_claims_are_stored_by_value(claims: Claims) -> None:
    given: Details = {"drivers": [{"age": 30}]}
    new = a_new_claim(details=given)
    claims.add(new)

    given["drivers"] = []
    _details(claims, new)["drivers"] = None

    expected = {"drivers": [{"age": 30}]}
    assert expected == _details(claims, new)


def test_a_payload_of_any_bytes_and_beyond_64_kilobytes_comes_back_exactly(claims: Claims) -> None:
    payload = random.Random(1).randbytes(76_800)  # noqa: S311 - a test
    new = a_claim_to_repair(payload=payload)

    claims.add(new)

    assert payload == _claimed(claims, new).claim.payload


def test_a_newer_draft_replaces_the_details_of_a_claimed_quote(claims: Claims) -> None:
    new = a_new_claim()
    claims.add(new)

    assert claims.take_newer(new.claim.quote_id, NEWER, NEWER_DRAFT)

    assert new.quote
    expected = replace(new.quote, details=NEWER_DRAFT.details, source_revision=NEWER.revision)
    assert expected == claims.quote(new.claim.quote_id)
    assert replace(new.claim, source_revision=NEWER.revision) == _claimed(claims, new).claim


@pytest.mark.parametrize("stored", [OLDER, StoredDraft(REVISION, b"equal")], ids=["older", "equal"])
def test_a_draft_that_is_not_newer_changes_nothing_and_may_go(claims: Claims, stored: StoredDraft) -> None:
    new = a_new_claim()
    claims.add(new)

    assert claims.take_newer(new.claim.quote_id, stored, NEWER_DRAFT)

    assert new.quote == claims.quote(new.claim.quote_id)
    assert new.claim == _claimed(claims, new).claim


def test_the_newest_of_several_drafts_wins_in_whatever_order_they_come(claims: Claims) -> None:
    new = a_new_claim()
    claims.add(new)

    assert claims.take_newer(new.claim.quote_id, NEWER, NEWER_DRAFT)
    assert claims.take_newer(new.claim.quote_id, StoredDraft(Revision(REVISION + 1), b""), Draft("motor", {}))

    assert NEWER_DRAFT.details == _details(claims, new)


def test_a_newer_draft_that_cannot_be_read_stays_in_the_store(claims: Claims) -> None:
    new = a_new_claim()
    claims.add(new)

    assert not claims.take_newer(new.claim.quote_id, NEWER, None)

    assert new.quote == claims.quote(new.claim.quote_id)
    assert new.claim == _claimed(claims, new).claim


@pytest.mark.parametrize("draft", [NEWER_DRAFT, None], ids=["readable", "unreadable"])
@pytest.mark.parametrize("state", [ClaimState.RETRY, ClaimState.DEAD])
def test_a_claim_under_repair_keeps_the_newer_bytes(claims: Claims, state: ClaimState, draft: Draft | None) -> None:
    new = a_claim_to_repair(state=state, attempts=8, cleanup=Cleanup.VERIFIED, finished_at=NOW, next_at=None)
    claims.add(new)

    assert claims.take_newer(new.claim.quote_id, NEWER, draft)

    newer = replace(_begun_anew(new.claim), source_revision=NEWER.revision, payload=NEWER.raw)
    revived = replace(newer, state=ClaimState.RETRY, attempts=0, next_at=NOW)
    expected = revived if state is ClaimState.DEAD else newer
    assert expected == _claimed(claims, new).claim
    assert claims.quote(new.claim.quote_id) is None


def test_a_newer_draft_makes_a_claim_that_was_settled_due_and_leaves_the_time_of_another(claims: Claims) -> None:
    settled = replace(a_new_claim(), quote=None)
    settled = replace(settled, claim=replace(settled.claim, cleanup=Cleanup.VERIFIED, finished_at=NOW, next_at=None))
    waiting = a_new_claim(an_account("bob@example.com"))
    for new in (settled, waiting):
        claims.add(new)
        assert claims.take_newer(new.claim.quote_id, NEWER, NEWER_DRAFT)

    assert _claimed(claims, settled).claim.next_at == NOW
    assert waiting.claim.next_at == _claimed(claims, waiting).claim.next_at


def _begun_anew(claim: Claim) -> Claim:
    return replace(claim, cleanup=Cleanup.PENDING, finished_at=None, next_at=claim.next_at or NOW)


@pytest.mark.parametrize("stored", [OLDER, StoredDraft(REVISION, b"equal")], ids=["older", "equal"])
def test_a_claim_under_repair_keeps_its_own_bytes_against_older_ones(claims: Claims, stored: StoredDraft) -> None:
    new = a_claim_to_repair()
    claims.add(new)

    assert claims.take_newer(new.claim.quote_id, stored, None)

    assert new.claim == _claimed(claims, new).claim


@pytest.mark.parametrize("state", [ClaimState.FETCH_PENDING, ClaimState.DISCARDED])
def test_a_claim_that_takes_no_draft_leaves_it_in_the_store(claims: Claims, state: ClaimState) -> None:
    new = a_claim_to_repair(state=state, payload=None)
    claims.add(new)

    assert not claims.take_newer(new.claim.quote_id, NEWER, NEWER_DRAFT)

    assert new.claim == _claimed(claims, new).claim


def test_a_draft_without_a_claim_stays_in_the_store(claims: Claims) -> None:
    quote_id = a_quote_id()

    assert not claims.take_newer(quote_id, NEWER, NEWER_DRAFT)

    assert claims.with_account(quote_id) is None
    assert claims.quote(quote_id) is None


def test_a_newer_draft_touches_no_other_claim(claims: Claims) -> None:
    new, other = a_new_claim(), a_new_claim(an_account("bob@example.com"))
    claims.add(new)
    claims.add(other)

    claims.take_newer(new.claim.quote_id, NEWER, NEWER_DRAFT)

    assert other.claim == _claimed(claims, other).claim
    assert other.quote == claims.quote(other.claim.quote_id)


@pytest.mark.race
@pytest.mark.usefixtures("eager_threads")
def test_of_many_claims_of_one_quote_exactly_one_succeeds(accounts: Accounts, claims: Claims) -> None:
    for turn in range(ROUNDS):
        quote_id = a_quote_id()
        emails = [f"{turn}-{racer}@example.com" for racer in range(RACERS)]
        racers = [a_new_claim(an_account(email), quote_id, {"email": email}) for email in emails]

        outcome = race([partial(claims.add, racer) for racer in racers])

        assert Counter(done=1, ClaimConflict=RACERS - 1) == outcome
        [winner] = [account for email in emails if (account := accounts.with_email(email))]
        assert ClaimWithAccount(a_claim(quote_id, winner.account_id), winner) == claims.with_account(quote_id)
        quote = claims.quote(quote_id)
        assert quote
        assert (winner.account_id, {"email": winner.email.key}) == (quote.account_id, quote.details)


@pytest.mark.race
@pytest.mark.usefixtures("eager_threads")
def test_of_many_claims_with_one_email_exactly_one_succeeds(accounts: Accounts, claims: Claims) -> None:
    for turn in range(ROUNDS):
        racers = [a_new_claim(an_account(f"{turn}@example.com")) for _ in range(RACERS)]

        outcome = race([partial(claims.add, racer) for racer in racers])

        assert Counter(done=1, ClaimConflict=RACERS - 1) == outcome
        [owner] = [owner for racer in racers if (owner := claims.with_account(racer.claim.quote_id))]
        assert owner.account == accounts.with_email(f"{turn}@example.com")
        assert [owner.claim.quote_id] == [
            racer.claim.quote_id for racer in racers if claims.quote(racer.claim.quote_id)
        ]


def test_a_database_that_is_ready_says_so(claims: Claims) -> None:
    claims.check()


def _claimed(claims: Claims, new: NewClaim) -> ClaimWithAccount:
    owner = claims.with_account(new.claim.quote_id)
    assert owner
    return owner


def _details(claims: Claims, new: NewClaim) -> Details:
    quote = claims.quote(new.claim.quote_id)
    assert quote
    return quote.details


def _exactly(details: Details) -> str:
    """Return a text that differs if the order of members or the type of a number differs."""
    return json.dumps(details, ensure_ascii=False)
