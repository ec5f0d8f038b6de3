"""Every error that a caller can get: it has one class, one status and one entry in the document."""

from __future__ import annotations

import pytest

from domain import errors
from domain.errors import QuoteholdError
from entrypoints.http.problems import http_errors
from entrypoints.http.problems.examples import CODES, EXAMPLES
from entrypoints.http.problems.http_errors import HttpError
from entrypoints.http.problems.table import ANSWERS
from tests.support.contract_document import DOCUMENT, resolved, validate
from tests.support.error_classes import subclasses


def leaves(kind: type[QuoteholdError]) -> set[type[QuoteholdError]]:
    """Return the class and its subclasses, as far as they have no subclass themselves."""
    return {child for child in (kind, *subclasses(kind)) if not child.__subclasses__()}


def by_name(kinds: set[type[QuoteholdError]]) -> list[type[QuoteholdError]]:
    return sorted(kinds, key=lambda kind: kind.__name__)


UNTOLD = leaves(errors.Signal) | leaves(errors.OperatorRefused)
TOLD = leaves(QuoteholdError) - UNTOLD
DOCUMENTED = {
    (int(status), code)
    for path in DOCUMENT["paths"].values()
    for method, operation in path.items()
    if method != "parameters"
    for status, answer in operation["responses"].items()
    if int(status) >= 400
    for code in resolved(answer)["content"]["application/problem+json"]["examples"]
}


@pytest.mark.parametrize("kind", by_name(TOLD))
def test_an_error_of_the_domain_has_one_answer_and_is_documented_under_its_status(kind: type[QuoteholdError]) -> None:
    told = next(parent for parent in kind.__mro__ if parent in ANSWERS)
    assert told is kind or kind.__base__ is told
    assert (ANSWERS[told].status, kind.code) in DOCUMENTED
    assert EXAMPLES[told].status == ANSWERS[told].status
    assert EXAMPLES[told].code == kind.code == told.code


def test_no_two_errors_have_the_same_status_and_code() -> None:
    told = [(answer.status, kind.code) for kind, answer in ANSWERS.items()]
    assert len(told) == len(set(told))
    assert set(ANSWERS) <= set(EXAMPLES)


@pytest.mark.parametrize("kind", by_name(UNTOLD))
def test_an_error_that_never_reaches_a_caller_has_no_answer(kind: type[QuoteholdError]) -> None:
    assert not any(parent in ANSWERS for parent in kind.__mro__)


def test_each_error_of_http_alone_is_documented() -> None:
    ours = {kind for kind in subclasses(HttpError) if kind.__module__ == http_errors.__name__}
    assert ours <= set(EXAMPLES)
    assert {(kind.status, kind.code) for kind in ours} <= DOCUMENTED


def test_the_document_has_no_problem_that_nobody_answers() -> None:
    assert {(problem.status, problem.code) for problem in EXAMPLES.values()} == DOCUMENTED
    assert DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == CODES


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_an_example_is_a_true_answer(kind: type[Exception]) -> None:
    problem = EXAMPLES[kind]
    validate(problem.body("x"), {"$ref": "#/components/schemas/Problem"})
    if isinstance(kind, type) and issubclass(kind, QuoteholdError):
        assert problem.title == ANSWERS[kind].title
    for name in problem.headers:
        assert name in DOCUMENT["components"]["headers"]
