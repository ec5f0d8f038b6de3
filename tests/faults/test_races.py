"""Races of many callers, on every store and database: several rounds, each with a common start."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from domain.errors import ClaimInProgress, EmailTaken, QuoteAlreadyClaimed, QuoteClaimedByAnother, QuoteExpired
from domain.model import Quote
from domain.use_cases.register_and_claim import RegisterAndClaim, Registered
from tests.support.in_memory_service import applicant
from tests.support.race_rounds import race_rounds
from tests.support.real_service import RealService, race, store_of

RACERS = 50

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("warm"), pytest.mark.timeout(300 * race_rounds(1))]


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """The rounds of a race; fewer on the stores that differ from Valkey only in the connection."""
    return race_rounds(20 if request.node.callspec.params["real_service"].startswith("valkey+") else 8)


def test_of_fifty_claims_of_one_quote_one_succeeds_and_the_others_make_no_account(
    real_service: RealService, rounds: int
) -> None:
    for round_number in range(1, rounds + 1):
        quote = real_service.start()
        applicants = [applicant(f"r{round_number}p{n}@example.com") for n in range(RACERS)]
        answers = race([partial(real_service.register, quote, person) for person in applicants])
        won = [answer for answer in answers if isinstance(answer, Registered)]
        lost = [answer for answer in answers if isinstance(answer, ClaimInProgress | QuoteClaimedByAnother)]
        assert (len(won), len(lost)) == (1, RACERS - 1), [answer for answer in answers if answer not in (*won, *lost)]
        assert (
            len(real_service.rows("account"))
            == len(real_service.rows("quote"))
            == len(real_service.rows("claim"))
            == round_number
        )
        assert real_service.claim(quote.quote_id)["account_id"] == won[0].account.account_id


def test_without_any_freeze_the_database_alone_lets_one_of_fifty_through(
    real_service: RealService, rounds: int
) -> None:
    claim = without_freeze(real_service)
    for round_number in range(1, rounds + 1):
        quote = real_service.start()
        applicants = [applicant(f"r{round_number}p{n}@example.com") for n in range(RACERS)]
        answers = race([partial(claim, quote.quote_id, quote.token, person) for person in applicants])
        won = [answer for answer in answers if isinstance(answer, Registered)]
        lost = [answer for answer in answers if isinstance(answer, QuoteClaimedByAnother)]
        assert (len(won), len(lost)) == (1, RACERS - 1), [answer for answer in answers if answer not in (*won, *lost)]
        assert (
            len(real_service.rows("account"))
            == len(real_service.rows("quote"))
            == len(real_service.rows("claim"))
            == round_number
        )


def without_freeze(real_service: RealService) -> RegisterAndClaim:
    """Return the use case with leases that end at once, so that all claimers reach the database."""
    register = real_service.services.register_and_claim
    quotes = copy.copy(store_of(real_service.services))
    quotes._lease = -2000
    commit = replace(register.commit, quotes=quotes, fetch=replace(register.commit.fetch, quotes=quotes))
    return replace(register, commit=commit)


def test_fifty_times_the_same_registration_is_one(real_service: RealService, rounds: int) -> None:
    for round_number in range(1, rounds + 1):
        quote = real_service.start()
        person = applicant(f"r{round_number}@example.com")
        answers = race([partial(real_service.register, quote, person)] * RACERS)
        done = [answer for answer in answers if isinstance(answer, Registered)]
        waiting = [answer for answer in answers if isinstance(answer, ClaimInProgress)]
        assert len(done) + len(waiting) == RACERS, [one for one in answers if one not in (*done, *waiting)]
        assert [answer.replayed for answer in done].count(False) == 1
        assert {answer.account.account_id for answer in done} == {real_service.claim(quote.quote_id)["account_id"]}
        assert len(real_service.rows("account")) == round_number


def test_of_fifty_quotes_with_one_email_one_is_claimed_and_the_others_stay_open(
    real_service: RealService, rounds: int
) -> None:
    for round_number in range(1, rounds + 1):
        quotes = [real_service.start() for _ in range(RACERS)]
        person = applicant(f"r{round_number}@example.com")
        answers = race([partial(real_service.register, quote, person) for quote in quotes])
        won = [answer for answer in answers if isinstance(answer, Registered)]
        taken = [quote for quote, answer in zip(quotes, answers, strict=True) if isinstance(answer, EmailTaken)]
        assert (len(won), len(taken)) == (1, RACERS - 1), answers
        assert len(real_service.rows("account")) == len(real_service.rows("quote")) == round_number
        for quote in taken:
            real_service.services.save_details(quote.quote_id, quote.token, {"open": True})


def test_a_quote_is_claimed_or_discarded_never_both(real_service: RealService, rounds: int) -> None:
    claimed = 0
    for round_number in range(rounds * 5):
        quote = real_service.start()
        person = applicant(f"r{round_number}@example.com")
        calls: list[Callable[[], object]] = [
            partial(real_service.register, quote, person),
            partial(real_service.services.discard_quote, quote.quote_id, quote.token),
        ]
        registered, discarded = race(calls)
        if isinstance(registered, Registered):
            assert isinstance(discarded, ClaimInProgress | QuoteAlreadyClaimed), discarded
            claimed += 1
        else:
            assert isinstance(registered, QuoteExpired), registered
            assert discarded is None
        assert len(real_service.rows("quote")) == claimed


def test_a_save_that_was_acknowledged_before_the_claim_is_in_the_claimed_quote(
    real_service: RealService, rounds: int
) -> None:
    """A save at the same moment as a claim is not lost: it is in SQL, or it was refused."""
    for round_number in range(rounds * 5):
        quote = real_service.start()
        person = applicant(f"r{round_number}@example.com")
        save = partial(real_service.services.save_details, quote.quote_id, quote.token)
        calls: list[Callable[[], Registered | Quote]] = [partial(real_service.register, quote, person)]
        calls += [partial(save, {"n": n}) for n in range(4)]
        registered, *saves = race(calls)
        assert isinstance(registered, Registered), registered
        acknowledged = [answer for answer in saves if isinstance(answer, Quote)]
        newest = max((saved.revision for saved in acknowledged), default=quote.revision)
        assert real_service.claim(quote.quote_id)["source_revision"] == newest
        assert {type(answer) for answer in saves if isinstance(answer, Exception)} <= {
            ClaimInProgress,
            QuoteAlreadyClaimed,
        }
