"""JSON comes back through HTTP exactly as it was sent, from every store and database; refused JSON leaves no trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from entrypoints.http.app import create_app
from entrypoints.settings.settings import Settings
from tests.e2e.support.http_customer import PERSON, client_of, code
from tests.support.in_memory_service import InMemoryService
from tests.support.json_cases import ACCEPTED, REFUSED, Accepted, Refused
from tests.support.real_service import RealService

_DEEPEST = b'{"a":' * 28 + b"[]" + b"}" * 28
_MEMBERS = [
    Accepted("as deep as may be", _DEEPEST, json.loads(_DEEPEST)),
    *(case for case in ACCEPTED if "thirty" not in case.name),
]
BODY = b"{" + b",".join(json.dumps(case.name).encode() + b":" + case.body for case in _MEMBERS) + b"}"
"""All values in one object, so each is one level deeper."""
VALUE = {case.name: case.value for case in _MEMBERS}


class Sender:
    """A visitor and then customer, whose bodies are sent unchanged."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.started = self.send("POST", "/v1/quotes")
        self.path = f"/v1/quotes/{self.started['quote_id']}"

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.open(path, method=method, data=body, content_type="application/json", headers=given)
        assert answer.status_code in (200, 201), answer.text
        document: dict[str, Any] = json.loads(answer.data)
        return document

    def call(self, method: str, path: str = "", body: bytes = b"") -> dict[str, Any]:
        return self.send(method, self.path + path, body, Quote_Token=str(self.started["quote_token"]))


def test_it_comes_back_exactly_from_the_store_and_after_the_claim_from_the_database(real_service: RealService) -> None:
    sender = Sender(create_app(real_service.services, Settings.from_environ({})).test_client())
    assert repr(sender.call("PUT", "/details", BODY)["details"]) == repr(VALUE)
    assert repr(sender.call("PATCH", "/details", b'{"zero":0}')["details"]) == repr(VALUE)
    assert repr(sender.call("GET")["details"]) == repr(VALUE)
    registered = sender.call("POST", "/registration", json.dumps(PERSON).encode())
    bearer = f"Bearer {registered['access_token']}"
    claimed = sender.send("GET", f"/v1/account/quotes/{sender.started['quote_id']}", Authorization=bearer)
    assert repr(claimed["details"]) == repr(VALUE)
    [exported] = sender.send("GET", "/v1/account/export", Authorization=bearer)["quotes"]
    assert repr(exported["details"]) == repr(VALUE)


@pytest.fixture(scope="module")
def sender() -> Sender:
    return Sender(client_of(InMemoryService()))


@pytest.mark.parametrize("case", [case for case in REFUSED if case.body], ids=lambda case: case.name)
def test_a_refused_body_leaves_no_trace(sender: Sender, case: Refused) -> None:
    before = sender.call("GET")
    token = {"Quote-Token": str(sender.started["quote_token"]), "Content-Type": "application/json"}
    for body in (case.body, b'{"details":{"a":' + case.body + b"}}"):
        answers = [
            sender.client.post("/v1/quotes", data=body, headers=token),
            sender.client.put(f"{sender.path}/details", data=body, headers=token),
            sender.client.patch(f"{sender.path}/details", data=body, headers=token),
            sender.client.post(f"{sender.path}/registration", data=body, headers=token),
        ]
        assert {code(answer) for answer in answers} == {(400, "malformed-request")}
    assert sender.call("GET") == before
