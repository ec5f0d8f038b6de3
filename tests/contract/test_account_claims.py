"""An owner's view of their claims, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.claims import ClaimPosition, ClaimState, ClaimWithQuote, NewClaim, RequestMark
from domain.model import Account, AccountId, QuoteId, Revision, StoredDraft
from domain.ports import Claims
from tests.contract.support.builders import NOW, REVISION, a_claim_to_repair, a_new_claim, an_account, another_claim

MINUTE = timedelta(minutes=1)


def test_the_newest_claim_comes_first_and_of_those_of_one_moment_the_last_id(claims: Claims) -> None:
    account = an_account()
    early, first, second, late = _claimed_at(claims, account, [NOW - MINUTE, NOW, NOW, NOW + MINUTE])

    expected = [late, second, first, early]
    assert expected == _ids(claims, account)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_page_after_page_shows_each_claim_once(claims: Claims, size: int) -> None:
    account = an_account()
    # Pages of three, so that a page ends between claims of the same moment.
    added = _claimed_at(claims, account, [NOW + n // 3 * MINUTE for n in range(7)])

    pages: list[list[QuoteId]] = [_ids(claims, account, None, size)]
    while len(pages[-1]) == size:
        pages.append(_ids(claims, account, _position(claims, pages[-1][-1]), size))
        assert len(pages) <= len(added) + 1, "the pages have no end"

    assert added[::-1] == [quote_id for page in pages for quote_id in page]
    assert all(len(page) <= size for page in pages)


def test_each_claim_comes_whole_and_with_its_quote_where_it_has_one(claims: Claims) -> None:
    new = a_new_claim()
    assert new.account
    claims.add(new)
    waiting = another_claim(new.account, payload=b"\x00raw\xff", created_at=NOW + MINUTE, version=3)
    claims.add(waiting)

    expected = [ClaimWithQuote(waiting.claim, None), ClaimWithQuote(new.claim, new.quote)]
    assert expected == claims.of_account(new.account.account_id, None, 10)


@pytest.mark.parametrize("state", [state for state in ClaimState if state is not ClaimState.DISCARDED])
def test_claims_in_every_state_are_shown(claims: Claims, state: ClaimState) -> None:
    new = a_claim_to_repair(state=state)
    assert new.account
    claims.add(new)

    assert [ClaimWithQuote(new.claim, None)] == claims.of_account(new.account.account_id, None, 10)


def test_a_claim_of_another_account_is_not_shown_though_it_is_of_the_same_moment(claims: Claims) -> None:
    ada, bob = a_new_claim(), a_new_claim(an_account("bob@example.com"))
    claims.add(ada)
    claims.add(bob)

    assert ada.account
    assert bob.account
    assert [ClaimWithQuote(ada.claim, ada.quote)] == claims.of_account(ada.account.account_id, None, 10)
    # A position is valid even if another account's claim is there.
    bobs_place, adas_place = bob.claim.position, ada.claim.position
    assert [ClaimWithQuote(ada.claim, ada.quote)] == claims.of_account(ada.account.account_id, bobs_place, 10)
    assert claims.of_account(bob.account.account_id, adas_place, 10) == []


def test_a_claim_without_an_owner_is_not_shown(claims: Claims) -> None:
    claims.add(NewClaim(None, replace(a_claim_to_repair().claim, account_id=None, state=ClaimState.DISCARDED), None))

    assert claims.of_account(AccountId("ac_00000000000000000000000000"), None, 10) == []


def test_the_place_of_a_claim_stays_when_the_claim_is_discarded(claims: Claims) -> None:
    account = an_account()
    early, middle, late = _claimed_at(claims, account, [NOW, NOW + MINUTE, NOW + 2 * MINUTE])
    place = _position(claims, middle)

    assert claims.discard(middle, account.account_id, NOW)

    assert [early] == _ids(claims, account, place)
    assert [late, early] == _ids(claims, account)


def test_a_place_where_there_never_was_a_claim_is_one_too(claims: Claims) -> None:
    account = an_account()
    early, _ = _claimed_at(claims, account, [NOW, NOW + MINUTE])

    assert [early] == _ids(claims, account, ClaimPosition(NOW + MINUTE, QuoteId("qt_00000000000000000000000000")))


def test_one_claim_is_found_by_its_id_with_its_quote_where_it_has_one(claims: Claims) -> None:
    new, waiting = a_new_claim(), a_claim_to_repair(an_account("bob@example.com"))
    claims.add(new)
    claims.add(waiting)

    assert ClaimWithQuote(new.claim, new.quote) == claims.with_quote(new.claim.quote_id)
    assert ClaimWithQuote(waiting.claim, None) == claims.with_quote(waiting.claim.quote_id)
    assert claims.with_quote(QuoteId("qt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ")) is None


def test_a_claim_that_a_keyed_request_has_made_keeps_its_mark(claims: Claims) -> None:
    new = a_claim_to_repair(request=RequestMark("a" * 64, "b" * 64))
    claims.add(new)

    claims.take_newer(new.claim.quote_id, StoredDraft(Revision(REVISION + 5), b"newer"), None)

    found = claims.with_quote(new.claim.quote_id)
    assert found
    assert found.claim.request == RequestMark("a" * 64, "b" * 64)


def test_a_newer_draft_does_not_change_the_order(claims: Claims) -> None:
    account = an_account()
    early, late = _claimed_at(claims, account, [NOW, NOW + MINUTE])

    claims.take_newer(early, StoredDraft(Revision(REVISION + 5), b"newer"), None)

    assert [late, early] == _ids(claims, account)


def _claimed_at(claims: Claims, account: Account, moments: list[object]) -> list[QuoteId]:
    """Add claims of one account, and return them in the order of their ids."""
    news = [another_claim(account, created_at=moment) for moment in moments]
    news[0] = replace(news[0], account=account)
    for new in news:
        claims.add(new)
    return [new.claim.quote_id for new in news]


def _position(claims: Claims, quote_id: QuoteId) -> ClaimPosition:
    found = claims.with_quote(quote_id)
    assert found
    return found.claim.position


def _ids(claims: Claims, account: Account, after: ClaimPosition | None = None, limit: int = 10) -> list[QuoteId]:
    return [owned.claim.quote_id for owned in claims.of_account(account.account_id, after, limit)]
