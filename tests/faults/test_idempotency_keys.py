"""Registrations that share an Idempotency-Key, at the same moment, on every store and database."""

from __future__ import annotations

from functools import partial

import pytest

from domain.errors import ClaimInProgress, IdempotencyKeyReused, QuoteClaimedByAnother
from domain.model import Applicant
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from entrypoints.http.problems.table import problem_of
from tests.faults.test_races import without_freeze
from tests.support.in_memory_service import applicant
from tests.support.race_rounds import race_rounds
from tests.support.real_service import RealService, race

ROUNDS = race_rounds(2)
RACERS = 50
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("warm"), pytest.mark.timeout(300 * race_rounds(1))]

on_each_database = pytest.mark.parametrize(
    "real_service", ["valkey+sqlite", "cluster+postgresql", "redis+mariadb"], indirect=True
)
"""For tests of decisions that the database alone makes."""


def register(real_service: RealService, quote: Started, who: Applicant) -> Registered:
    return real_service.services.register_and_claim(quote.quote_id, quote.token, who, key=KEY)


def test_of_fifty_requests_with_one_key_one_is_executed_and_the_others_are_replayed_or_must_wait(
    real_service: RealService,
) -> None:
    for round_number in range(1, ROUNDS + 1):
        quote, who = real_service.start(), applicant(f"r{round_number}@example.com")
        answers = race([partial(register, real_service, quote, who)] * RACERS)
        done = [answer for answer in answers if isinstance(answer, Registered)]
        waiting = [answer for answer in answers if isinstance(answer, ClaimInProgress)]
        assert len(done) + len(waiting) == RACERS, [one for one in answers if one not in (*done, *waiting)]
        assert [answer.replayed for answer in done].count(False) == 1
        assert {answer.account.account_id for answer in done} == {real_service.claim(quote.quote_id)["account_id"]}
        problems = [problem_of(answer) for answer in waiting]
        assert all(problem.status == 409 and int(problem.headers["Retry-After"]) >= 1 for problem in problems)
        assert register(real_service, quote, who).replayed
        assert real_service.sql.rows() == (round_number, round_number, round_number)


@on_each_database
def test_of_two_bodies_with_one_key_one_is_executed_and_the_other_is_refused(real_service: RealService) -> None:
    """No draft lease delays the second request here: the database alone decides which body has the key."""
    claim = without_freeze(real_service)
    for round_number in range(1, ROUNDS + 1):
        quote = real_service.start()
        applicants = [applicant(f"r{round_number}@example.com", name=name) for name in ("Maria", "Marie")]
        calls = [partial(claim, quote.quote_id, quote.token, who, key=KEY) for who in applicants for _ in range(10)]
        answers = race(calls)
        done = [answer for answer in answers if isinstance(answer, Registered)]
        refused = [answer for answer in answers if isinstance(answer, IdempotencyKeyReused)]
        assert (len(done), len(refused)) == (10, 10), answers
        assert [answer.replayed for answer in done].count(False) == 1
        assert len({answer.account.name for answer in done}) == 1
        assert real_service.sql.rows() == (round_number, round_number, round_number)


@on_each_database
def test_the_same_key_with_another_body_changes_nothing(real_service: RealService) -> None:
    quote, maria = real_service.start(), applicant()
    first = register(real_service, quote, maria)
    before = [real_service.rows(table) for table in ("account", "claim", "quote")]
    for other in (applicant(name="Marie"), applicant("other@example.com")):
        with pytest.raises(IdempotencyKeyReused) as refusal:
            register(real_service, quote, other)
        assert problem_of(refusal.value).status == 422
    with pytest.raises(QuoteClaimedByAnother):
        register(real_service, quote, applicant(password="another horse battery"))
    assert before == [real_service.rows(table) for table in ("account", "claim", "quote")]
    again = register(real_service, quote, maria)
    assert (again.account, again.quote, again.replayed) == (first.account, first.quote, True)
