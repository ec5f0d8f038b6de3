"""Answers that a client must not be able to tell apart are equal byte by byte, except for the request id."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.access.support.actors import ANOTHER_PASSWORD, Actors
from tests.e2e.access.support.expected import KINDS, Cell, row
from tests.e2e.access.support.matrix import answer, ask, assert_alike
from tests.e2e.access.support.variants import sent

WITH_A_QUOTE = [call for call in KINDS if "{quote_id}" in call]
WITH_A_BEARER = [call for call, kind in KINDS.items() if kind not in ("public", "visitor")]


def answered(actors: Actors, cells: list[Cell]) -> dict[str, object]:
    """Return the answers, by variant."""
    return {cell.variant: answer(ask(actors, cell.call, sent(actors, cell.variant))) for cell in cells}


def refused(call: str, code: str) -> list[Cell]:
    return [cell for cell in row(call) if cell.code == code]


def test_a_quote_that_is_not_yours_answers_like_one_that_never_was(
    actors: Actors, record_property: Callable[[str, object], None]
) -> None:
    count = 0
    for call in WITH_A_QUOTE:
        answers = answered(actors, refused(call, "quote-not-found"))
        assert {"id: of no quote", "id: another account's", "id: an erased account's", "id: no id"} <= set(answers)
        assert_alike(answers)
        count += len(answers)
    record_property("figure", f"{count} ways not to find a quote, over {len(WITH_A_QUOTE)} calls, one answer a call")


def test_a_bearer_that_has_ended_answers_like_one_that_never_was(
    actors: Actors, record_property: Callable[[str, object], None]
) -> None:
    count = 0
    for call in WITH_A_BEARER:
        answers = answered(actors, refused(call, "access-token-invalid"))
        assert {f"bearer: {name}" for name in ("made up", "logged out", "ended", "password changed")} <= set(answers)
        assert_alike(answers)
        count += len(answers)
    record_property("figure", f"{count} bearers that open nothing, over {len(WITH_A_BEARER)} calls, one answer a call")


@pytest.mark.parametrize("call", ["POST /v1/quotes/{quote_id}/registration", "POST /v1/quotes/{quote_id}/claim"])
def test_the_account_of_a_claimed_quote_and_its_fate_are_not_told(actors: Actors, call: str) -> None:
    """The holder of the quote's token does not learn it either."""
    answers = answered(actors, refused(call, "quote-claimed"))
    assert {"quote: claimed by another", "quote: deleted by its owner", "quote: of an erased account"} <= set(answers)
    assert_alike(answers)


def test_an_email_that_nobody_has_answers_like_a_wrong_password(actors: Actors) -> None:
    emails = {"hers": actors.maria.email, "nobody's": actors.new_email(), "an erased account's": actors.erased.email}
    log_in = {
        whose: actors.inspected.client.post("/v1/sessions", json={"email": email, "password": ANOTHER_PASSWORD})
        for whose, email in emails.items()
    }
    assert {response.status_code for response in log_in.values()} == {401}
    assert_alike({whose: answer(response) for whose, response in log_in.items()})
