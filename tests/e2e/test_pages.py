"""The pages over HTTP: their policies, their methods, and paths that do not exist."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.answers import json_body

ASSETS = {
    "site.css": "text/css; charset=utf-8",
    "problems.css": "text/css; charset=utf-8",
    "docs.css": "text/css; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
}
PATHS = ["/docs", "/problems", "/problems/quote-expired", *(f"/assets/{name}" for name in ASSETS)]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_the_headers_of_every_answer(page_client: FlaskClient, path: str) -> None:
    answer = page_client.get(path, headers={"X-Request-Id": "mine"})

    assert answer.status_code == 200
    expected = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-Request-Id": "mine",
    }
    assert {name: answer.headers.getlist(name) for name in expected} == {
        name: [value] for name, value in expected.items()
    }
    assert "Vary" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_a_page_may_load_nothing_in_line_and_nothing_from_elsewhere(page_client: FlaskClient, path: str) -> None:
    [policy] = page_client.get(path).headers.getlist("Content-Security-Policy")

    sources = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert sources.pop("default-src") == "'none'"
    assert sources.pop("frame-ancestors") == "'none'"
    assert sources.pop("img-src", "'none'") in ("'none'", "'self'", "'self' data:")
    assert set(sources.values()) <= {"'self'", "'none'"}


def test_only_the_docs_may_run_a_script_and_send_requests(page_client: FlaskClient) -> None:
    def may(path: str) -> bool:
        policy = page_client.get(path).headers["Content-Security-Policy"]
        return "script-src 'self'" in policy and "connect-src 'self'" in policy

    assert [path for path in PATHS if may(path)] == ["/docs"]


@pytest.mark.parametrize(("name", "media_type"), ASSETS.items())
def test_an_asset_has_its_media_type(page_client: FlaskClient, name: str, media_type: str) -> None:
    answer = page_client.get(f"/assets/{name}")

    assert answer.headers["Content-Type"] == media_type
    assert len(answer.data) > 200


@pytest.mark.parametrize("path", PATHS)
def test_a_page_answers_head_as_get_without_the_body(page_client: FlaskClient, path: str) -> None:
    full, head = page_client.get(path), page_client.head(path)

    assert head.data == b""
    assert {**head.headers, "X-Request-Id": ""} == {**full.headers, "X-Request-Id": ""}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_page_takes_no_other_method(page_client: FlaskClient, path: str, method: str) -> None:
    answer = page_client.open(path, method=method)

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert json_body(answer)["type"] == "/problems/method-not-allowed"


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json", "text/plain", "image/*"])
def test_a_problem_s_page_is_html_for_every_accept_header(page_client: FlaskClient, accept: str) -> None:
    assert page_client.get("/problems/quote-expired", headers={"Accept": accept}).mimetype == "text/html"


@pytest.mark.parametrize(
    "path",
    [
        "/problems/no-such-code",
        "/problems/QUOTE-EXPIRED",
        "/problems/problem",
        "/problems/..%2Fproblem",
        "/problems/%2e%2e/problem",
        "/problems/quote-expired.html",
        "/assets/",
        "/assets/LICENSE",
        "/assets/pages.py",
        "/assets/..%2Fpages.py",
        "/assets/%2e%2e/pages.py",
        "/assets/oauth2-redirect.html",
    ],
)
def test_an_unknown_page_is_a_problem(page_client: FlaskClient, path: str) -> None:
    answer = page_client.get(path)

    assert answer.status_code == 404
    assert json_body(answer)["code"] == "not-found"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_the_docs_link_to_the_contract(page_client: FlaskClient) -> None:
    assert 'data-document="/openapi.json"' in page_client.get("/docs").text
    contract = page_client.get("/openapi.json").json
    assert contract
    assert contract["openapi"].startswith("3.1")
