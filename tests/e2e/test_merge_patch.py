"""PATCH through HTTP: the examples of RFC 7396, and many clients that change one quote at once."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.e2e.support.http_customer import client_of, code
from tests.support.answers import json_body
from tests.support.in_memory_service import InMemoryService
from tests.support.merge_cases import OF_OBJECTS, OURS, RFC, Example, as_member
from tests.support.race_rounds import race_rounds
from tests.support.raw_http import ask
from tests.support.running_service import Service, serving

MERGE_PATCH = "application/merge-patch+json"
ROUNDS, RACERS = race_rounds(10), 24


class Visitor:
    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.quote = json_body(client.post("/v1/quotes"))

    def send(self, method: str, body: Any, content_type: str) -> TestResponse:
        path = f"/v1/quotes/{self.quote['quote_id']}/details"
        headers = {"Quote-Token": self.quote["quote_token"], "Content-Type": content_type}
        return self.client.open(path, method=method, data=json.dumps(body), headers=headers)

    def put(self, details: Any) -> TestResponse:
        return self.send("PUT", details, "application/json")

    def patch(self, patch: Any) -> TestResponse:
        return self.send("PATCH", patch, MERGE_PATCH)


@pytest.fixture(scope="module")
def visitor() -> Visitor:
    return Visitor(client_of(InMemoryService()))


@pytest.mark.parametrize("example", [*OF_OBJECTS, *map(as_member, RFC + OURS)], ids=str)
def test_details_are_merged(visitor: Visitor, example: Example) -> None:
    assert json_body(visitor.put(example.target))["details"] == example.target
    assert json_body(visitor.patch(example.patch))["details"] == example.result


@pytest.mark.parametrize("patch", [example.patch for example in RFC if not isinstance(example.patch, dict)], ids=str)
def test_a_patch_that_is_not_an_object_changes_nothing(visitor: Visitor, patch: Any) -> None:
    visitor.put({"a": "b"})
    refused = visitor.patch(patch)
    assert code(refused) == (422, "invalid-request")
    assert json_body(refused)["errors"] == [{"pointer": "", "detail": "Send a JSON object. The body is another value."}]
    assert json_body(visitor.patch({}))["details"] == {"a": "b"}


@pytest.mark.parametrize("target", [example.target for example in RFC if not isinstance(example.target, dict)], ids=str)
def test_details_that_are_not_an_object_are_never_stored(visitor: Visitor, target: Any) -> None:
    visitor.put({"a": "b"})
    assert code(visitor.put(target)) == (422, "invalid-request")
    assert json_body(visitor.patch({}))["details"] == {"a": "b"}


@pytest.mark.race
@pytest.mark.backend("valkey+sqlite")
def test_of_many_patches_at_once_each_is_there_or_was_told_to_repeat(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """No accepted patch is lost and no refused one is applied, over two processes, which share no lock."""
    told: Counter[tuple[int, str]] = Counter()
    with serving(tmp_path / "data", QUOTES_WORKERS="2") as service, ThreadPoolExecutor(RACERS) as pool:
        for _ in range(ROUNDS):
            quote = service.send("POST", "/v1/quotes")
            barrier = threading.Barrier(RACERS)
            answers = list(pool.map(lambda n, q=quote, b=barrier: _patch(service, q, n, b), range(RACERS)))
            details = service.send("GET", f"/v1/quotes/{quote['quote_id']}", str(quote["quote_token"]))["details"]
            assert details == {str(n): n for n, answer in enumerate(answers) if answer == (200, "")}
            told.update(answers)
    assert told.keys() <= {(200, ""), (409, "save-conflict")}, told
    assert told[200, ""] >= ROUNDS * 5, told
    record_property("figure", f"{RACERS} patches of one quote at once, {ROUNDS} times: {dict(told)}")


def _patch(service: Service, quote: dict[str, object], number: int, barrier: threading.Barrier) -> tuple[int, str]:
    body = json.dumps({str(number): number})
    head = (
        f"PATCH /v1/quotes/{quote['quote_id']}/details HTTP/1.1\r\nHost: x\r\nContent-Type: {MERGE_PATCH}\r\n"
        f"Quote-Token: {quote['quote_token']}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    barrier.wait()
    answer = ask(service, (head + body).encode())
    return answer.status, json.loads(answer.body).get("code", "")
