"""Malformed and unusual HTTP, sent to the real web server; and the lines in its log afterwards."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.running_service import Service
from tests.support.waiting import eventually

JSON = b"Host: x\r\nContent-Type: application/json\r\n"
CHUNKED = b"POST /v1/quotes HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n"

pytestmark = pytest.mark.backend("valkey+sqlite")


def answer(service: Service, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return the status, the headers in lower case, and the body of the first answer."""
    host, _, port = service.url.removeprefix("http://").partition(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        while (found := re.search(rb"content-length: (\d+)\r\n(?s:.*?)\r\n\r\n", received, re.IGNORECASE)) is None or (
            len(received) < found.end() + int(found[1])
        ):
            more = connection.recv(65536)
            assert more, received
            received += more
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, body


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: x\r\n" * 100 + b"\r\n", 431),
        (b"POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (CHUNKED + b"ZZ\r\n{}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"2\r\n{}XX0\r\n\r\n", 400),
    ],
    ids=["garbage", "version", "long-line", "long-header", "many-headers", "length", "chunk", "negative", "terminator"],
)
def test_malformed_http_gets_a_problem_like_any_request(running: Service, request_: bytes, status: int) -> None:
    found, headers, body = answer(running, request_)
    problem = json.loads(body)
    assert (found, problem["status"], problem["code"]) == (status, status, "malformed-request")
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"] == problem["request_id"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in headers


@pytest.mark.parametrize("padding", [b"", b" " * 300_000])
def test_a_chunked_body_counts_like_any_other(running: Service, padding: bytes) -> None:
    body = b'{"details":{}}' + padding
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    assert answer(running, CHUNKED + chunk)[0] == (413 if padding else 201)


def test_a_body_that_was_cut_off_is_not_saved_in_part(running: Service) -> None:
    host, _, port = running.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST /v1/quotes HTTP/1.1\r\n" + JSON + b"Content-Length: 500\r\n\r\n{}")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_body_that_nobody_read_is_not_answered_a_second_time(running: Service) -> None:
    host, _, port = running.url.removeprefix("http://").partition(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(CHUNKED.replace(b"POST", b"PUT") + b"ZZ\r\n{}\r\n0\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            while more := connection.recv(65536):
                received += more
    assert received.startswith(b"HTTP/1.1 405 ")
    assert received.count(b"HTTP/1.1 ") == 1


def test_a_client_that_pipelines_without_end_does_not_keep_others_waiting(running: Service) -> None:
    host, _, port = running.url.removeprefix("http://").partition(":")
    stop = threading.Event()

    def pipeline() -> None:
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            while not stop.is_set():
                connection.sendall(b"GET /nope HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
                connection.recv(1 << 20)

    with ThreadPoolExecutor(2) as pool:
        attacks = [pool.submit(pipeline) for _ in range(2)]
        try:
            eventually(lambda: "/nope" in running.text())
            for _ in range(20):
                began = time.monotonic()
                running.send("GET", "/healthz")
                assert time.monotonic() - began < 10
        finally:
            stop.set()
    for attack in attacks:
        attack.result()


def test_a_refused_request_is_logged_without_its_content(running: Service) -> None:
    request = b'{"email":"maria@example.com","password":"REALPASSWORD"}\r\nQuote-Token qk_SECRET\r\n\r\n'
    problem = json.loads(answer(running, request)[2])
    eventually(lambda: problem["request_id"] in running.text())
    answer(running, b"GET / HTTP/1.1\r\nHost: x\r\nQuote-Token qk_SECRET\r\n\r\n")
    answer(running, CHUNKED + b"qk_SECRET\r\n{}\r\n0\r\n\r\n")
    assert "SECRET" not in running.text()
    assert "REALPASSWORD" not in running.text()


def test_nobody_writes_a_line_of_their_own_into_the_log(running: Service) -> None:
    head = b"GET /v1/x%0a2026-11-23%20forged%1b[31m HTTP/1.1\r\nHost: x\r\nX-Request-Id: forger-1\r\n\r\n"
    assert answer(running, head)[0] == 404
    eventually(lambda: "forger-1" in running.text())
    line = next(line for line in running.text().splitlines() if "forger-1" in line)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \d+ INFO quotehold\.access \[forger-1\] "
        r"GET /v1/x%0A2026-11-23%20forged%1B%5B31m 404 [\d.]+ms",
        line,
    )


def test_health_checks_that_pass_are_not_logged(running: Service) -> None:
    for path in (b"/healthz", b"/readyz", b"/nothing-last"):
        answer(running, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    eventually(lambda: "/nothing-last" in running.text())
    assert "/healthz" not in running.text()
    assert "/readyz" not in running.text()


def test_the_late_rest_of_a_body_is_not_read_as_a_request(running: Service) -> None:
    host, _, port = running.url.removeprefix("http://").partition(":")
    late = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(CHUNKED + b"%x\r\n" % len(late))
        received = connection.recv(65536)
        assert received.startswith(b"HTTP/1.1 400 ")
        connection.sendall(late)
        with contextlib.suppress(ConnectionResetError):  # closing a connection with unread bytes resets it
            while more := connection.recv(65536):
                received += more
    assert received.count(b"HTTP/1.1 ") == 1
    assert "/smuggled" not in running.text()
