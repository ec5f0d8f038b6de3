"""Pages of other origins, by the rules of browsers (Fetch, section 3.2)."""

from __future__ import annotations

from unittest import mock

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from entrypoints.http.app import create_app
from entrypoints.settings.settings import Settings
from tests.support.answers import json_body
from tests.support.checking_client import Client
from tests.support.in_memory_service import InMemoryService

SHOP, LOCAL = "https://shop.example", "http://[::1]:5173"
QUOTE = "/v1/quotes/qt_01KAQ3ZC0V8Q4W2R7X9T5N6M1B"
STRANGERS = [
    "https://evil.example",
    "https://shop.example.evil.example",
    "https://shop.example:8443",
    "http://shop.example",
    "https://sub.shop.example",
    "https://shopxexample",
    "HTTPS://SHOP.EXAMPLE",
    "https://shop.example\n",
    "null",
    "*",
]


def client_of(service: InMemoryService, origins: str) -> FlaskClient:
    app = create_app(service.services, Settings.from_environ({"QUOTES_CORS_ORIGINS": origins} if origins else {}))
    app.test_client_class = Client
    return app.test_client()


@pytest.fixture
def shop_client(service: InMemoryService) -> FlaskClient:
    return client_of(service, f"{SHOP}, {LOCAL}")


def preflight(client: FlaskClient, path: str, method: str, headers: str = "", origin: str = SHOP) -> TestResponse:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return client.options(path, headers=asked | ({"Access-Control-Request-Headers": headers} if headers else {}))


def allowed(answer: TestResponse) -> dict[str, str]:
    prefix = "Access-Control-"
    return {name.removeprefix(prefix): value for name, value in answer.headers if name.startswith(prefix)}


def words(text: str) -> set[str]:
    return {word.strip() for word in text.split(",")}


@pytest.mark.parametrize("origin", [SHOP, LOCAL])
def test_a_page_that_is_let_in_reads_the_answer_and_its_headers(shop_client: FlaskClient, origin: str) -> None:
    answer = shop_client.post("/v1/quotes", headers={"Origin": origin})
    assert answer.status_code == 201
    assert allowed(answer).keys() == {"Allow-Origin", "Expose-Headers"}
    assert allowed(answer)["Allow-Origin"] == origin
    assert words(allowed(answer)["Expose-Headers"]) == {
        "ETag", "Location", "Retry-After", "Idempotency-Replayed", "X-Request-Id", "WWW-Authenticate",
        "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
    }  # fmt: skip


def test_it_may_send_the_headers_of_the_contract(shop_client: FlaskClient) -> None:
    headers = "content-type,quote-token,authorization,if-match,if-none-match,idempotency-key,x-request-id"
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        answer = preflight(shop_client, f"{QUOTE}/details", method, headers)
        assert (answer.status_code, answer.data, allowed(answer)["Allow-Origin"]) == (200, b"", SHOP)
        assert words(allowed(answer)["Allow-Methods"]) == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
        assert words(allowed(answer)["Allow-Headers"].lower()) == words(headers)
        assert int(allowed(answer)["Max-Age"]) == 600
        assert "Allow" in answer.headers


def test_it_may_send_nothing_else(shop_client: FlaskClient) -> None:
    assert allowed(preflight(shop_client, QUOTE, "GET", "quote-token, x-secret"))["Allow-Headers"] == "quote-token"
    assert "Allow-Headers" not in allowed(preflight(shop_client, QUOTE, "GET", "x-secret"))
    assert "Allow-Methods" not in allowed(preflight(shop_client, QUOTE, "TRACE"))


def test_no_credentials_are_asked_of_a_browser(shop_client: FlaskClient) -> None:
    for answer in (preflight(shop_client, QUOTE, "GET"), shop_client.post("/v1/quotes", headers={"Origin": SHOP})):
        assert "Allow-Credentials" not in allowed(answer)


@pytest.mark.parametrize("origin", STRANGERS)
def test_an_origin_that_is_not_let_in_gets_no_cors_headers(shop_client: FlaskClient, origin: str) -> None:
    environ = {"HTTP_ORIGIN": origin}
    assert allowed(shop_client.post("/v1/quotes", environ_overrides=environ)) == {}
    asked = environ | {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET"}
    assert allowed(shop_client.options(QUOTE, environ_overrides=asked)) == {}


def test_a_client_without_an_origin_gets_no_cors_headers(shop_client: FlaskClient) -> None:
    assert allowed(shop_client.post("/v1/quotes")) == {}


def test_no_cache_gives_one_origins_answer_to_another(shop_client: FlaskClient) -> None:
    for headers in ({"Origin": SHOP}, {"Origin": STRANGERS[0]}, {}):
        for answer in (shop_client.post("/v1/quotes", headers=headers), shop_client.get("/v1/nope", headers=headers)):
            assert words(answer.headers["Vary"]) == {"Origin"}


def test_answers_vary_by_origin_with_one_origin_too(service: InMemoryService) -> None:
    answer = client_of(service, SHOP).post("/v1/quotes", headers={"Origin": SHOP})
    assert (allowed(answer)["Allow-Origin"], answer.headers["Vary"]) == (SHOP, "Origin")


def test_a_page_can_read_every_problem(shop_client: FlaskClient, service: InMemoryService) -> None:
    origin = {"Origin": SHOP}
    json = origin | {"Content-Type": "application/json"}
    with mock.patch.object(service.quotes, "create", side_effect=RuntimeError("a fault")):
        broken = shop_client.post("/v1/quotes", headers=origin)
    answers = {
        400: shop_client.post("/v1/quotes", data=b"{", headers=json),
        401: shop_client.get(QUOTE, headers=origin),
        404: shop_client.get("/v1/nope", headers=origin),
        405: shop_client.put(QUOTE, headers=origin),
        406: shop_client.get(QUOTE, headers=origin | {"Accept": "text/html"}),
        413: shop_client.post("/v1/quotes", data=b" " * 400_000, headers=json),
        415: shop_client.post("/v1/quotes", data=b"x", headers=origin),
        422: shop_client.post("/v1/quotes", json={"x": 1}, headers=origin),
        500: broken,
    }
    for status, answer in answers.items():
        assert (answer.status_code, allowed(answer).get("Allow-Origin")) == (status, SHOP)
        assert "X-Request-Id" in allowed(answer)["Expose-Headers"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/v1x", "/", "/v11/quotes"])
def test_pages_are_let_in_to_the_calls_alone(shop_client: FlaskClient, path: str) -> None:
    for answer in (shop_client.get(path, headers={"Origin": SHOP}), preflight(shop_client, path, "GET")):
        assert allowed(answer) == {}
        assert "Vary" not in answer.headers


def test_without_the_setting_there_is_no_such_header(service: InMemoryService) -> None:
    client = client_of(service, "")
    for answer in (client.post("/v1/quotes", headers={"Origin": SHOP}), preflight(client, QUOTE, "GET")):
        assert allowed(answer) == {}
        assert "Vary" not in answer.headers


def test_a_preflight_of_a_call_that_does_not_exist_is_a_problem_that_the_page_can_read(
    shop_client: FlaskClient,
) -> None:
    answer = preflight(shop_client, "/v1/nope", "GET")
    assert (answer.status_code, json_body(answer)["code"], allowed(answer)["Allow-Origin"]) == (404, "not-found", SHOP)
