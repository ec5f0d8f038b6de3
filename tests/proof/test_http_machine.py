"""The state machine finds no error in the service, reaches every rule and answer, and finds each mutant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.proof.http.model.answers import (
    BAD_CREDENTIALS,
    BUSY,
    CLAIMED,
    CREATED,
    DATABASE_AWAY,
    EMAIL_TAKEN,
    EXPIRED,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    MEDIA_TYPE,
    MISMATCH,
    NO_ACCESS_TOKEN,
    NO_METHOD,
    NO_PATH,
    NO_QUOTE,
    NO_SESSION,
    NOT_ACCEPTABLE,
    OVERLOADED,
    QUOTE_OF_ANOTHER,
    STORE_AWAY,
    STORE_FULL,
    TOKEN_MISSING,
    TOO_LARGE,
)
from tests.proof.http.mutants.quote_mutants import MUTANTS, Mutant
from tests.proof.http.report import run_http_machine

SEED, EXAMPLES, STEPS = 3, 110, 30
ANOTHER_SEED = 9
"""A second seed for a rare mutant that the first one misses."""

ANSWERED = {str(answer) for answer in (
    QUOTE_OF_ANOTHER, BAD_CREDENTIALS, BUSY, CLAIMED, DATABASE_AWAY, EMAIL_TAKEN, EXPIRED, INVALID, KEY_REUSED,
    MALFORMED, MEDIA_TYPE, MISMATCH, NO_ACCESS_TOKEN, NO_METHOD, NO_PATH, NO_QUOTE, NO_SESSION, NOT_ACCEPTABLE,
    OVERLOADED, STORE_AWAY, STORE_FULL, TOKEN_MISSING, TOO_LARGE,
)} | {
    "200", "201", "204", "304", "receipt claimed", "receipt claimed again", "receipt pending", "claimed, 200",
    "claimed, 201",
} | {
    f"{answer} past the maximum age" for answer in (CREATED, EXPIRED)
}  # fmt: skip
"""All answers that one visitor without faults of the service can get."""


def test_the_service_answers_as_the_contract_says(record_property: Callable[[str, object], None]) -> None:
    report = run_http_machine(SEED, EXAMPLES, STEPS)
    record_property("figure", str(report))
    assert [name for name, count in report.hits.items() if not count] == []
    assert set(report.answers) >= ANSWERED
    assert report.examples >= EXAMPLES


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_planted_bug_is_found(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)
    with pytest.raises((AssertionError, KeyError)):  # noqa: PT012 - the first of the runs that finds it
        for seed in (SEED, ANOTHER_SEED):
            run_http_machine(seed, EXAMPLES, STEPS, shrinks=False)
