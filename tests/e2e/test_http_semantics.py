"""HTTP semantics (RFC 9110, 9112) on the real web server: each clause, with the headers that it requires."""

from __future__ import annotations

import json

import pytest

from tests.support.raw_http import Answer, ask, connected, is_closed, read_answer
from tests.support.running_service import Service

UNKNOWN = "/v1/quotes/qt_01KAQ3ZC0V8Q4W2R7X9T5N6M1B"
ON_ALL = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
CHUNKS = b"2\r\n{}\r\n0\r\n\r\n"
OF_THE_MOMENT = {"Date", "X-Request-Id"}

pytestmark = pytest.mark.backend("valkey+sqlite")


class Visitor:
    """A visitor with a quote; every request has its token."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.quote = service.send("POST", "/v1/quotes", body={"details": {"seats": 5}})
        self.path = f"/v1/quotes/{self.quote['quote_id']}"
        self.etag = f'"{self.quote["revision"]}"'

    def send(self, method: str, path: str, *lines: str, body: bytes = b"") -> Answer:
        return ask(self.service, self.request(method, path, *lines, body=body))

    def request(self, method: str, path: str, *lines: str, body: bytes = b"") -> bytes:
        head = [f"{method} {path} HTTP/1.1", "Host: x", f"Quote-Token: {self.quote['quote_token']}", *lines]
        return "\r\n".join([*head, "", ""]).encode("latin-1") + body

    def put(self, *lines: str, body: bytes = b"{}") -> Answer:
        lines = ("Content-Type: application/json", f"Content-Length: {len(body)}", *lines)
        return self.send("PUT", f"{self.path}/details", *lines, body=body)


@pytest.fixture(scope="module")
def visitor(running: Service) -> Visitor:
    return Visitor(running)


def code(answer: Answer) -> tuple[int, str]:
    """Check the common members of a problem, and return its status and code."""
    problem = json.loads(answer.body)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, answer.headers["X-Request-Id"]) == (problem["status"], problem["request_id"])
    assert_framed(answer)
    return answer.status, problem["code"]


def assert_framed(answer: Answer) -> None:
    for name, value in ON_ALL.items():
        assert answer.headers.get_all(name) == [value]
    assert len(answer.headers.get_all("X-Request-Id", [])) == 1


@pytest.mark.parametrize("path", ["{quote}", "/healthz", "/readyz", "/openapi.json", "/nope", UNKNOWN, "/v1/account"])
def test_head_has_the_headers_of_get_and_no_body(visitor: Visitor, path: str) -> None:
    path = path.format(quote=visitor.path)
    get, head = visitor.send("GET", path), visitor.send("HEAD", path)

    def lasting(answer: Answer) -> list[tuple[str, str]]:
        return [(name, value) for name, value in answer.headers.items() if name not in OF_THE_MOMENT]

    assert (head.status, head.body) == (get.status, b"")
    assert dict(lasting(head)) == dict(lasting(get))
    assert int(head.headers["Content-Length"]) == len(get.body) > 0
    assert_framed(head)


def test_after_a_head_the_connection_goes_on(visitor: Visitor) -> None:
    with connected(visitor.service) as connection:
        for method in ("HEAD", "GET", "HEAD", "OPTIONS", "GET"):
            connection.sendall(visitor.request(method, visitor.path))
            assert read_answer(connection, method).status == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/quotes", "POST"),
        (UNKNOWN, "GET HEAD DELETE"),
        (f"{UNKNOWN}/details", "PUT PATCH"),
        (f"{UNKNOWN}/registration", "POST"),
        (f"{UNKNOWN}/claim", "POST"),
        ("/v1/sessions", "POST"),
        ("/v1/sessions/current", "DELETE"),
        ("/v1/account", "GET HEAD DELETE"),
        ("/v1/account/password", "PUT"),
        ("/v1/account/export", "GET HEAD"),
        ("/v1/account/quotes", "GET HEAD"),
        (f"/v1/account/quotes/{UNKNOWN[-29:]}", "GET HEAD DELETE"),
        ("/healthz", "GET HEAD"),
        ("/readyz", "GET HEAD"),
        ("/openapi.json", "GET HEAD"),
    ],
)
def test_options_and_405_name_the_methods_of_a_path(visitor: Visitor, path: str, methods: str) -> None:
    named = {*methods.split(), "OPTIONS"}
    options = visitor.send("OPTIONS", path, "Accept: text/html")
    assert (options.status, options.body, options.headers["Content-Length"]) == (200, b"", "0")
    assert "Content-Type" not in options.headers
    assert set(options.headers["Allow"].split(", ")) == named
    assert_framed(options)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - named:
        refused = visitor.send(method, path)
        assert code(refused) == (405, "method-not-allowed")
        assert set(refused.headers["Allow"].split(", ")) == named


def test_not_modified_has_the_tag_and_nothing_to_read(visitor: Visitor) -> None:
    for method in ("GET", "HEAD"):
        for tags in (visitor.etag, f"W/{visitor.etag}", f'"1", {visitor.etag}', "*"):
            answer = visitor.send(method, visitor.path, f"If-None-Match: {tags}")
            assert (answer.status, answer.headers["ETag"], answer.body) == (304, visitor.etag, b"")
            assert "Content-Type" not in answer.headers
            assert_framed(answer)


@pytest.mark.parametrize("tags", ['"1"', "", "\xff\xfe", '"', "nonsense", "W/", ",,,", '"' + "x" * 8000])
def test_a_tag_that_does_not_match_gets_the_whole_answer(visitor: Visitor, tags: str) -> None:
    answer = visitor.send("GET", visitor.path, f"If-None-Match: {tags}")
    assert (answer.status, answer.headers["ETag"]) == (200, visitor.etag)


def test_ranges_are_not_served_and_not_promised(visitor: Visitor) -> None:
    answer = visitor.send("GET", visitor.path, "Range: bytes=0-1")
    assert (answer.status, "Accept-Ranges" in answer.headers) == (200, False)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0", "\xff", "application/xml, text/*", "application/problem+json"]
)
def test_another_form_of_the_answer_is_a_problem_all_the_same(visitor: Visitor, accept: str) -> None:
    assert code(visitor.send("GET", visitor.path, f"Accept: {accept}")) == (406, "not-acceptable")


def test_an_unknown_path_or_method_comes_before_an_unacceptable_form(visitor: Visitor) -> None:
    assert code(visitor.send("GET", "/v1/nothing", "Accept: text/html")) == (404, "not-found")
    assert code(visitor.send("POST", visitor.path, "Accept: text/html")) == (405, "method-not-allowed")


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/*", "APPLICATION/JSON", "application/json;q=0.001", "x, */*"]
)
def test_an_accept_that_allows_json_gets_it(visitor: Visitor, accept: str) -> None:
    assert visitor.send("GET", visitor.path, f"Accept: {accept}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/", "//", "///", "/nope", "/v1", "/v1/", "/v2/quotes", "/%2f/healthz", "/./healthz", "/v1/../healthz",
        "/v1/%2e%2e/healthz", "/V1/quotes", "/healthz%00", "/%ff%fe", "/%", "/%zz", "/healthz/x", "/a" * 2000,
        "//healthz", "///healthz", "//v1/quotes", "/v1//quotes", "/v1/quotes//",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_unknown_path_is_a_problem(visitor: Visitor, method: str, path: str) -> None:
    assert code(visitor.send(method, path)) == (404, "not-found")


@pytest.mark.parametrize(
    "quote_id", ["%00", "%ff%fe", "%", "%zz", "%0d%0aX:y", "%F0%9F%8F%A0", "a b", "x" * 3900, "%00" * 1300]
)
def test_an_impossible_quote_id_is_an_unknown_quote(visitor: Visitor, quote_id: str) -> None:
    path = f"/v1/quotes/{quote_id.replace(' ', '%20')}"
    assert code(visitor.send("GET", path)) == (404, "quote-not-found")
    lines = ("Content-Type: application/json", "Content-Length: 2")
    assert code(visitor.send("PUT", f"{path}/details", *lines, body=b"{}")) == (404, "quote-not-found")


def test_a_slash_at_the_end_makes_no_difference(visitor: Visitor) -> None:
    for path in (f"{visitor.path}/", "/healthz/"):
        assert visitor.send("GET", path).status == 200


@pytest.mark.parametrize("query", ["?%00=%ff", "?" + "a" * 3000, "?a[]=%zz&&&=", "?limit=1&limit=2", "#x"])
def test_a_query_that_nobody_asked_for_is_ignored(visitor: Visitor, query: str) -> None:
    assert visitor.send("GET", visitor.path + query).status == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /healthz HTTP/1.1\nHost: x\n\n", 400),
        (b"GET\t/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /hea lthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"get /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\x00b\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nContent-Length: 2\r\n\r\n{}", 417),
        (b"GET /" + b"x" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 200_000 + b"\r\n\r\n", 431),
    ],
)  # fmt: skip
def test_a_malformed_request_gets_a_readable_answer_and_the_connection_closes(
    running: Service, request_: bytes, status: int
) -> None:
    """Closing a connection with unread bytes would reset it and lose the answer, so they must be read first."""
    with connected(running) as connection:
        connection.sendall(request_)
        answer = read_answer(connection, "GET")
        assert code(answer) == (status, "malformed-request")
        assert answer.headers["Connection"] == "close"
        assert connection.recv(1) == b""


def test_an_encoded_body_is_refused(visitor: Visitor) -> None:
    for coding in ("gzip", "br", "identity, gzip", "x"):
        assert code(visitor.put(f"Content-Encoding: {coding}")) == (415, "unsupported-media-type")
    assert visitor.put("Content-Encoding: Identity").status == 200
    lines = ("Content-Type: application/json", "Transfer-Encoding: gzip, chunked")
    answer = visitor.send("PUT", f"{visitor.path}/details", *lines, body=CHUNKS)
    assert code(answer) == (400, "malformed-request")


@pytest.mark.parametrize("content_type", ["\xff", "application", "application/json, text/plain", "json", ";"])
def test_an_invalid_media_type_is_refused(visitor: Visitor, content_type: str) -> None:
    head = (f"Content-Type: {content_type}", "Content-Length: 2")
    answer = visitor.send("PUT", f"{visitor.path}/details", *head, body=b"{}")
    assert code(answer) == (415, "unsupported-media-type")


def test_a_client_that_expects_100_continue_gets_it(visitor: Visitor) -> None:
    head = ("Content-Type: application/json", "Content-Length: 2", "Expect: 100-continue")
    with connected(visitor.service) as connection:
        connection.sendall(visitor.request("PUT", f"{visitor.path}/details", *head))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"{}")
        assert read_answer(connection, "PUT").status == 200


@pytest.mark.parametrize("host", ["x y", "\xff", "", "evil.example"])
def test_the_host_header_is_in_no_answer(visitor: Visitor, host: str) -> None:
    request = f"POST /v1/quotes HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1")
    answer = ask(visitor.service, request)
    assert answer.status == 201
    assert answer.headers["Location"].startswith("/v1/quotes/qt_")


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_an_answer_that_leaves_a_body_unread_says_that_the_connection_ends(visitor: Visitor, method: str) -> None:
    with connected(visitor.service) as connection:
        connection.sendall(visitor.request(method, UNKNOWN, "Content-Length: 50", body=b"x" * 50))
        answer = read_answer(connection, method)
        assert answer.headers["Connection"] == "close"
        assert is_closed(connection)
