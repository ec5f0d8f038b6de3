"""HEAD, OPTIONS and undefined methods reveal no more than the calls do; that does not depend on the store."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from tests.e2e.access.support.actors import Actors
from tests.e2e.access.support.expected import EXPECTED, KINDS, row
from tests.e2e.access.support.inspected_service import InspectedInMemoryService
from tests.e2e.access.support.matrix import answer, ask, assert_alike, url
from tests.e2e.access.support.variants import sent

READ = [call for call in KINDS if call.startswith("GET ")]


@pytest.fixture
def actors() -> Actors:
    return Actors(InspectedInMemoryService())


def test_head_has_the_headers_of_get_and_an_empty_body(actors: Actors) -> None:
    cells = [cell for call in READ for cell in row(call)]
    requests = {cell: sent(actors, cell.variant) for cell in cells}
    before = actors.inspected.everything()
    for cell, request in requests.items():
        get, head = ask(actors, cell.call, request), ask(actors, cell.call, request, "HEAD")
        assert head.data == b""
        assert answer(head)[:2] == answer(get)[:2], cell
    assert actors.inspected.everything() == before


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "GET"])
def test_an_undefined_method_reveals_no_secret_and_no_quote(actors: Actors, method: str) -> None:
    requests = {variant: sent(actors, variant) for variant in EXPECTED}
    before = actors.inspected.everything()
    for call in _one_for_each_path_without(method):
        answers: dict[str, object] = {}
        for variant, request in requests.items():
            response = ask(actors, call, request, method)
            assert response.status_code == (200 if method == "OPTIONS" else 405), url(call, request)
            assert (allowed(response), response.data if method == "OPTIONS" else b"") == (methods_of(call), b"")
            answers[variant] = answer(response)
        assert_alike(answers)
    assert actors.inspected.everything() == before


def _one_for_each_path_without(method: str) -> list[str]:
    calls = {call.partition(" ")[2]: call for call in KINDS}
    return [call for call in calls.values() if method not in methods_of(call) - {"OPTIONS"}]


def methods_of(call: str) -> set[str]:
    path = call.partition(" ")[2]
    found = {other.partition(" ")[0] for other in KINDS if other.partition(" ")[2] == path}
    return found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set())


def allowed(response: TestResponse) -> set[str]:
    return set(response.headers["Allow"].split(", "))
