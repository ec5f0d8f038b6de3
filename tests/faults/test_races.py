"""Many at once, on a real Valkey and SQLite: rounds with a barrier, since a race that is lost once is lost."""

from __future__ import annotations

from functools import partial

import pytest

from domain.errors import ClaimInProgress, EmailTaken, QuoteAlreadyClaimed, QuoteClaimedByAnother, QuoteExpired
from domain.use_cases.register_and_claim import Registered
from tests.faults.real import Real, race
from tests.world import applicant

ROUNDS = 20
RACERS = 50

pytestmark = [pytest.mark.leg("valkey+sqlite"), pytest.mark.timeout(300)]


def test_of_fifty_people_who_claim_one_quote_one_gets_it_and_the_others_get_no_account(real: Real) -> None:
    for round_number in range(1, ROUNDS + 1):
        quote = real.start()
        people = [applicant(f"r{round_number}p{n}@example.com") for n in range(RACERS)]
        answers = race([partial(real.register, quote, person) for person in people])
        won = [answer for answer in answers if isinstance(answer, Registered)]
        lost = [answer for answer in answers if isinstance(answer, ClaimInProgress | QuoteClaimedByAnother)]
        assert (len(won), len(lost)) == (1, RACERS - 1), [answer for answer in answers if answer not in (*won, *lost)]
        assert len(real.rows("account")) == len(real.rows("quote")) == len(real.rows("claim")) == round_number
        assert real.claim(quote.quote_id)["account_id"] == won[0].account.account_id


def test_fifty_times_the_same_registration_is_one(real: Real) -> None:
    for round_number in range(1, ROUNDS + 1):
        quote = real.start()
        person = applicant(f"r{round_number}@example.com")
        answers = race([partial(real.register, quote, person)] * RACERS)
        done = [answer for answer in answers if isinstance(answer, Registered)]
        waiting = [answer for answer in answers if isinstance(answer, ClaimInProgress)]
        assert len(done) + len(waiting) == RACERS, answers
        assert [answer.replayed for answer in done].count(False) == 1
        assert {answer.account.account_id for answer in done} == {real.claim(quote.quote_id)["account_id"]}
        assert len(real.rows("account")) == round_number


def test_of_fifty_quotes_with_one_email_one_is_claimed_and_the_others_stay_open(real: Real) -> None:
    for round_number in range(1, ROUNDS + 1):
        quotes = [real.start() for _ in range(RACERS)]
        person = applicant(f"r{round_number}@example.com")
        answers = race([partial(real.register, quote, person) for quote in quotes])
        won = [answer for answer in answers if isinstance(answer, Registered)]
        taken = [quote for quote, answer in zip(quotes, answers, strict=True) if isinstance(answer, EmailTaken)]
        assert (len(won), len(taken)) == (1, RACERS - 1), answers
        assert len(real.rows("account")) == len(real.rows("quote")) == round_number
        for quote in taken:
            real.services.save_details(quote.quote_id, quote.token, {"open": True})


def test_a_quote_is_claimed_or_discarded_never_both(real: Real) -> None:
    claimed = 0
    for round_number in range(ROUNDS * 5):
        quote = real.start()
        person = applicant(f"r{round_number}@example.com")
        registered, discarded = race(
            [
                partial(real.register, quote, person),
                partial(real.services.discard_quote, quote.quote_id, quote.token),
            ]
        )
        if isinstance(registered, Registered):
            assert isinstance(discarded, ClaimInProgress | QuoteAlreadyClaimed), discarded
            claimed += 1
        else:
            assert isinstance(registered, QuoteExpired), registered
            assert discarded is None
        assert len(real.rows("quote")) == claimed


def test_a_save_that_was_acknowledged_before_the_claim_is_in_the_claimed_quote(real: Real) -> None:
    """Nothing is lost between a save and a claim at the same moment: it is in SQL, or it was refused."""
    for round_number in range(ROUNDS * 5):
        quote = real.start()
        person = applicant(f"r{round_number}@example.com")
        save = partial(real.services.save_details, quote.quote_id, quote.token)
        registered, *saves = race(
            [partial(real.register, quote, person), *(partial(save, {"n": n}) for n in range(4))]  # type: ignore[list-item]
        )
        assert isinstance(registered, Registered), registered
        acknowledged = [answer for answer in saves if not isinstance(answer, Exception)]
        newest = max((saved.revision for saved in acknowledged), default=quote.revision)  # type: ignore[union-attr]
        assert real.claim(quote.quote_id)["source_revision"] == newest
        assert {type(answer) for answer in saves if isinstance(answer, Exception)} <= {
            ClaimInProgress,
            QuoteAlreadyClaimed,
        }
