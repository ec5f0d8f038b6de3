"""The Idempotency-Key header: its valid texts, its equal forms, and the answer to a repeated request."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.e2e.support.http_customer import PERSON, code, register, started
from tests.support.answers import json_body
from tests.support.in_memory_service import InMemoryService

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
RENAMED = PERSON | {"name": "Marie"}
REUSED, MALFORMED = (422, "idempotency-key-reused"), (400, "malformed-request")


@pytest.fixture
def quote(client: FlaskClient) -> dict[str, Any]:
    return started(client)


def with_key(client: FlaskClient, quote: dict[str, Any], key: str, person: dict[str, str] = PERSON) -> TestResponse:
    return register(client, quote, person, Idempotency_Key=key)


def is_replayed(answer: TestResponse) -> bool:
    assert answer.status_code == 201
    return answer.headers.get("Idempotency-Replayed") == "true"


def test_the_same_request_again_has_the_same_answer_but_for_its_session(
    client: FlaskClient, quote: dict[str, Any]
) -> None:
    first, again = with_key(client, quote, KEY), with_key(client, quote, KEY)
    assert (is_replayed(first), "Idempotency-Replayed" in first.headers, is_replayed(again)) == (False, False, True)
    assert [json_body(first)[name] for name in ("account", "quote")] == [
        json_body(again)[name] for name in ("account", "quote")
    ]
    tokens = {json_body(answer)["access_token"] for answer in (first, again)}
    assert len(tokens) == 2
    for token in tokens:
        assert client.get("/v1/account", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_the_same_key_with_another_body_is_refused_with_a_remedy(
    service: InMemoryService, client: FlaskClient, quote: dict[str, Any]
) -> None:
    with_key(client, quote, KEY)
    answer = with_key(client, quote, KEY, RENAMED)
    assert code(answer) == REUSED
    assert "another key" in json_body(answer)["detail"]
    assert [account.name for account in service.database.accounts.values()] == ["Maria"]
    assert is_replayed(with_key(client, quote, "another", RENAMED))
    assert code(with_key(client, quote, KEY, PERSON | {"password": "another horse battery"})) == (409, "quote-claimed")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (KEY, f'"{KEY}"'),
        (KEY, f"  {KEY}\t"),
        ('a "quoted" word', r'"a \"quoted\" word"'),
        (r"back\slash", r'"back\\slash"'),
        ("with, comma; and = space", '"with, comma; and = space"'),
    ],
)
def test_in_quotes_or_without_it_is_the_same_key(
    client: FlaskClient, quote: dict[str, Any], one: str, other: str
) -> None:
    assert not is_replayed(with_key(client, quote, one))
    assert is_replayed(with_key(client, quote, other))
    assert code(with_key(client, quote, other, RENAMED)) == REUSED


@pytest.mark.parametrize("other", [KEY.upper(), KEY[:-1], f"{KEY}.", f"'{KEY}'", f'"{KEY}', f'{KEY}"'])
def test_any_other_text_is_another_key(client: FlaskClient, quote: dict[str, Any], other: str) -> None:
    with_key(client, quote, KEY)
    assert is_replayed(with_key(client, quote, other, RENAMED))


@pytest.mark.parametrize("key", ["x", "x" * 255, f'"{"x" * 255}"', " ".join("x" * 128), "!~"])
def test_up_to_255_printable_characters_are_a_key(client: FlaskClient, quote: dict[str, Any], key: str) -> None:
    assert not is_replayed(with_key(client, quote, key))
    assert code(with_key(client, quote, key, RENAMED)) == REUSED


@pytest.mark.parametrize("key", ["", '""', " ", "x" * 256, f'"{"x" * 256}"', "\u00e9", "a\tb", "\x7f", "x" * 5000])
def test_anything_else_is_malformed_and_nothing_is_done(
    service: InMemoryService, client: FlaskClient, quote: dict[str, Any], key: str
) -> None:
    assert code(with_key(client, quote, key)) == MALFORMED
    assert (service.database.accounts, service.database.claims) == ({}, {})
    assert not is_replayed(register(client, quote))
