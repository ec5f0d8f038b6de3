"""HEAD, OPTIONS and methods that are no call tell no more than the calls do. No store has a part in that."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from tests.e2e.access.support.actors import Cast
from tests.e2e.access.support.expected import EXPECTED, KINDS, row
from tests.e2e.access.support.inspected_service import TwinStand
from tests.e2e.access.support.matrix import answer, ask, assert_alike, url
from tests.e2e.access.support.variants import sent

READ = [call for call in KINDS if call.startswith("GET ")]


@pytest.fixture
def cast() -> Cast:
    return Cast(TwinStand())


def test_head_tells_what_get_tells_without_its_body(cast: Cast) -> None:
    cells = [cell for call in READ for cell in row(call)]
    requests = {cell: sent(cast, cell.variant) for cell in cells}
    before = cast.stand.everything()
    for cell, request in requests.items():
        get, head = ask(cast, cell.call, request), ask(cast, cell.call, request, "HEAD")
        assert head.data == b""
        assert answer(head)[:2] == answer(get)[:2], cell
    assert cast.stand.everything() == before


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "GET"])
def test_a_method_that_is_no_call_tells_of_no_secret_and_no_quote(cast: Cast, method: str) -> None:
    requests = {variant: sent(cast, variant) for variant in EXPECTED}
    before = cast.stand.everything()
    for call in _one_for_each_path_without(method):
        answers: dict[str, object] = {}
        for variant, request in requests.items():
            response = ask(cast, call, request, method)
            assert response.status_code == (200 if method == "OPTIONS" else 405), url(call, request)
            assert (allowed(response), response.data if method == "OPTIONS" else b"") == (methods_of(call), b"")
            answers[variant] = answer(response)
        assert_alike(answers)
    assert cast.stand.everything() == before


def _one_for_each_path_without(method: str) -> list[str]:
    calls = {call.partition(" ")[2]: call for call in KINDS}
    return [call for call in calls.values() if method not in methods_of(call) - {"OPTIONS"}]


def methods_of(call: str) -> set[str]:
    path = call.partition(" ")[2]
    found = {other.partition(" ")[0] for other in KINDS if other.partition(" ")[2] == path}
    return found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set())


def allowed(response: TestResponse) -> set[str]:
    return set(response.headers["Allow"].split(", "))
