"""The checker finds the one error in each handmade history, and no other."""

from __future__ import annotations

from dataclasses import replace

from domain.errors import (
    ClaimInProgress,
    ClaimRecordLost,
    CommitUnknown,
    EmailTaken,
    QuoteAlreadyClaimed,
    QuoteClaimedByAnother,
    QuoteExpired,
    StoreUnreachable,
)
from tests.proof.histories.checkers.checker import DOCUMENTED, SERVED
from tests.proof.histories.checkers.final_state import AccountRow, ClaimRow, QuoteRow, RedisKey
from tests.proof.histories.support.handmade_histories import (
    CLAIMED,
    DONE,
    KEY,
    NOTHING,
    OPEN,
    OPENED,
    QUOTE,
    broken,
    claim,
    discard,
    holding,
    read,
    refused,
    save,
)

JUAN = AccountRow("ac_juan", "juan")


def test_a_right_history_has_no_findings() -> None:
    late = (save(3, 5.0, error=QuoteAlreadyClaimed), refused(5.0, QuoteClaimedByAnother), claim(6.0))
    assert broken((*CLAIMED, *late), DONE) == []
    assert broken(CLAIMED, replace(DONE, stored=())) == []
    assert broken((*OPENED, read(4.0, shown=2), refused(4.0, ClaimInProgress)), OPEN) == []
    assert broken((*OPENED, discard(4.0), read(5.0, error=QuoteExpired)), NOTHING) == []


# Invariant 1: at most one of each.


def test_two_accounts_with_one_email_are_found() -> None:
    doubled = replace(DONE, accounts=(*DONE.accounts, AccountRow("ac_other", "maria")), claims=DONE.claims)
    assert broken(CLAIMED, doubled) == ["invariant 1"] * 2  # and one of them has no claim


def test_an_account_without_a_claim_is_found() -> None:
    assert broken(CLAIMED, replace(DONE, accounts=(*DONE.accounts, JUAN))) == ["invariant 1"]


def test_two_claims_of_one_quote_are_found() -> None:
    assert broken(CLAIMED, replace(DONE, claims=DONE.claims * 2)) == ["invariant 1"]


def test_one_quote_twice_is_found() -> None:
    assert broken(CLAIMED, replace(DONE, quotes=DONE.quotes * 2)) == ["invariant 1"]


def test_a_quote_without_a_claim_is_found() -> None:
    assert "invariant 1" in broken(OPENED, replace(DONE, claims=(), accounts=(), stored=()))


def test_an_email_that_was_called_taken_and_has_no_account_is_found() -> None:
    assert broken((*OPENED, refused(4.0, EmailTaken)), OPEN) == ["invariant 1"]


# Invariant 2: an acknowledged claim is committed, and nothing else.


def test_an_acknowledged_claim_without_rows_is_found() -> None:
    assert "invariant 2" in broken(CLAIMED, NOTHING)
    assert broken(CLAIMED, OPEN) == ["invariant 2"]


def test_an_acknowledged_claim_without_a_quote_is_found() -> None:
    assert "invariant 2" in broken(CLAIMED, replace(DONE, quotes=()))


def test_an_acknowledged_claim_without_its_account_is_found() -> None:
    assert "invariant 2" in broken(CLAIMED, replace(DONE, accounts=()))


def test_a_quote_in_another_account_than_its_acknowledged_claim_says_is_found() -> None:
    others = replace(DONE, accounts=(*DONE.accounts, JUAN), claims=(ClaimRow(QUOTE, "ac_juan"),))
    assert "invariant 2" in broken((*CLAIMED, refused(4.0, CommitUnknown)), others)


def test_a_quote_with_another_owner_than_its_claim_is_found() -> None:
    assert broken(CLAIMED, replace(DONE, quotes=(QuoteRow(QUOTE, "ac_juan", 2),))) == ["invariant 2"]


def test_the_rows_of_a_claim_that_was_refused_are_found() -> None:
    assert broken((*OPENED, refused(4.0, ClaimInProgress, "maria")), DONE) == ["invariant 2"]
    assert broken((*OPENED, refused(4.0, CommitUnknown, "maria")), DONE)[1:] == []  # the first is that it was refused


def test_a_tombstone_that_had_no_claim_is_found() -> None:
    assert "invariant 2" in broken((*CLAIMED, refused(5.0, ClaimRecordLost)), DONE)


# Invariant 3: no acknowledged save is missing.


def test_a_claimed_quote_that_lacks_an_acknowledged_save_is_found() -> None:
    assert broken(CLAIMED, holding(DONE, 1)) == ["invariant 3"]


def test_a_lost_save_that_was_in_flight_when_the_claim_began_is_found() -> None:
    assert broken((*OPENED, claim(3.55), save(3, 3.5)), DONE) == ["invariant 3"]


def test_an_open_quote_that_lacks_an_acknowledged_save_is_found() -> None:
    assert broken(OPENED, holding(OPEN, 1)) == ["invariant 3"]


def test_a_lost_save_that_a_read_shows_is_found_even_if_a_later_save_replaces_it() -> None:
    assert broken((*OPENED, read(4.0, shown=1), save(3, 5.0)), holding(OPEN, 3)) == ["invariant 3"]


def test_a_save_without_an_acknowledgement_may_be_done_or_not() -> None:
    history = (*OPENED, save(3, 4.0, error=StoreUnreachable))
    assert [SERVED] == broken(history, OPEN) == broken(history, holding(OPEN, 3))


def test_a_number_that_nobody_saved_is_found() -> None:
    assert broken(CLAIMED, holding(DONE, 7)) == ["invariant 3"]
    assert broken((*CLAIMED, save(3, 5.0, error=QuoteAlreadyClaimed)), holding(DONE, 3)) == ["invariant 3"]


# Invariant 4: a draft goes only if it is claimed or discarded.


def test_an_open_quote_that_is_gone_is_found() -> None:
    assert "invariant 4" in broken(OPENED, NOTHING)


def test_a_quote_that_was_called_expired_and_was_there_is_found() -> None:
    assert broken((*OPENED, read(4.0, error=QuoteExpired)), OPEN) == ["invariant 4"]


def test_a_quote_that_was_both_claimed_and_discarded_is_found() -> None:
    assert broken((*CLAIMED, discard(4.0)), DONE) == ["invariant 4"]


def test_a_discarded_draft_that_is_still_there_is_found() -> None:
    assert broken((*OPENED, discard(4.0)), OPEN) == ["invariant 4"]


def test_a_save_that_was_taken_after_the_discard_is_found() -> None:
    assert broken((*OPENED, discard(4.0), save(3, 5.0)), NOTHING) == ["invariant 4"]


# Invariants 5 and 6: the remaining keys in Redis.


def test_a_draft_that_is_left_beside_its_claim_is_found() -> None:
    assert broken(CLAIMED, replace(DONE, stored=OPEN.stored)) == ["invariant 5"]


def test_a_claim_that_is_not_done_in_the_end_is_found() -> None:
    for state, cause in (("fetch_pending", None), ("retry", "quote-refused"), ("dead", "expired")):
        assert "invariant 5" in broken(CLAIMED, replace(DONE, claims=(ClaimRow(QUOTE, "ac_maria", state, cause),)))


def test_a_claim_with_unfinished_cleanup_passes_is_found() -> None:
    endless = ClaimRow(QUOTE, "ac_maria", cleanup="finished")
    assert broken(CLAIMED, replace(DONE, claims=(endless,))) == ["invariant 5"]


def test_findings_of_quotes_claims_verify_are_reported() -> None:
    assert broken(CLAIMED, replace(DONE, findings=("something",))) == ["invariant 5"]


def test_a_key_without_a_ttl_is_found() -> None:
    assert broken(CLAIMED, replace(DONE, stored=(RedisKey(KEY), RedisKey("s:1", ends=False)))) == ["invariant 6"]


# Invariants 7 and 8: answers after the claim.


def test_a_save_that_was_taken_after_the_claim_and_is_in_sql_is_found() -> None:
    assert broken((*CLAIMED, save(3, 5.0)), holding(DONE, 3)) == ["invariant 7"]


def test_a_save_that_was_taken_after_the_claim_and_is_not_in_sql_is_found_twice() -> None:
    assert broken((*CLAIMED, save(3, 5.0)), DONE) == ["invariant 3", "invariant 7"]


def test_a_draft_that_was_shown_after_the_claim_is_found() -> None:
    assert broken((*CLAIMED, read(5.0, shown=2)), DONE) == ["invariant 7"]


def test_a_quote_that_was_called_claimed_and_is_not_is_found() -> None:
    assert broken((*OPENED, save(3, 4.0, error=QuoteAlreadyClaimed)), OPEN) == ["invariant 7"]
    assert broken((*OPENED, refused(4.0, QuoteClaimedByAnother)), OPEN) == ["invariant 7"]


def test_one_quote_given_to_two_people_is_found() -> None:
    assert "invariant 8" in broken((*CLAIMED, claim(5.0, "juan", "ac_juan")), DONE)


def test_two_accounts_answered_to_one_person_are_found() -> None:
    assert "invariant 8" in broken((*CLAIMED, claim(5.0, "maria", "ac_other")), DONE)


# Answers that no client may get.


def test_a_refusal_or_a_pending_claim_where_nothing_was_broken_is_found() -> None:
    assert broken((*OPENED, save(3, 4.0, error=StoreUnreachable)), OPEN) == [SERVED]
    assert broken((*OPENED, claim(4.0, is_pending=True)), DONE) == [SERVED]


def test_an_error_that_is_not_documented_is_found() -> None:
    assert broken((*OPENED, read(4.0, error=KeyError)), OPEN) == [DOCUMENTED]
