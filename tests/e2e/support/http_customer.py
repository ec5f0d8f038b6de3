"""A customer who calls the in-memory service over HTTP; every answer is checked against the document."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from entrypoints.http.app import create_app
from entrypoints.settings.settings import Settings
from tests.support.answers import json_body
from tests.support.checking_client import Client
from tests.support.in_memory_service import InMemoryService

EMAIL, PASSWORD = "maria@example.com", "correct horse battery"
PERSON = {"email": EMAIL, "password": PASSWORD, "name": "Maria"}
PRODUCT, DETAILS = "motor", {"vehicle": {"make": "Seat"}}


def client_of(service: InMemoryService) -> FlaskClient:
    app = create_app(service.services, Settings.from_environ({}))
    app.test_client_class = Client
    return app.test_client()


class Customer:
    """A customer with a session; `call` sends its access token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.token = token

    @classmethod
    def registered(cls, client: FlaskClient, email: str = EMAIL) -> Customer:
        answer = register(client, started(client), PERSON | {"email": email})
        assert answer.status_code == 201
        return cls(client, json_body(answer)["access_token"])

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        given = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        return self.client.open(path, method=method, headers=given, **({} if body is None else {"json": body}))

    def claim(self, quote: dict[str, Any], **headers: str) -> TestResponse:
        headers = {"Quote_Token": quote["quote_token"], **headers}
        return self.call("POST", f"/v1/quotes/{quote['quote_id']}/claim", **headers)

    def claimed(self) -> dict[str, Any]:
        """Claim one more quote for this customer."""
        answer = self.claim(started(self.client))
        assert answer.status_code == 201
        return json_body(answer)


def started(client: FlaskClient) -> dict[str, Any]:
    return json_body(client.post("/v1/quotes", json={"product": PRODUCT, "details": DETAILS}))


def register(
    client: FlaskClient, quote: dict[str, Any], person: dict[str, Any] = PERSON, **headers: str
) -> TestResponse:
    given = {"Quote-Token": quote["quote_token"]} | {name.replace("_", "-"): text for name, text in headers.items()}
    return client.post(f"/v1/quotes/{quote['quote_id']}/registration", json=person, headers=given)


def log_in(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD) -> TestResponse:
    return client.post("/v1/sessions", json={"email": email, "password": password})


def code(answer: TestResponse) -> tuple[int, str]:
    """Return the status and, of a problem, its code."""
    return answer.status_code, json_body(answer).get("code", "") if answer.data else ""


def pointers(answer: TestResponse) -> list[str]:
    """Return the pointers of the errors in an invalid request."""
    assert code(answer) == (422, "invalid-request")
    return sorted(error["pointer"] for error in json_body(answer)["errors"])
