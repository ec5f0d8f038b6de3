"""Clients that send a byte a second: the service closes them after some seconds, and other clients do not notice."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.support.workers import Latencies, neighbour
from tests.support.raw_http import connected
from tests.support.running_service import Service, serving

SLOW = 50
ALONE = 1.5
"""Seconds of measuring without slow clients."""
GIVEN_UP = 20.0
"""Seconds: many more than the 5 that headers or a body have, and fewer than their bytes would take."""
NOT_HELD_UP = 3.0
"""Seconds of a request on a busy machine: less than a slow client has."""
MEDIAN = 0.1
"""Seconds: the median of the requests, where ten times the median without slow clients is less."""
HEADERS = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"x" * 60
BODY = b"POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n"

pytestmark = pytest.mark.backend("valkey+sqlite")


class SlowClient:
    """A client that sends its first bytes at once, then single bytes; `answer` are the bytes received."""

    def __init__(self, connection: socket.socket, *, slow_body: bool) -> None:
        self.connection, self.slow_body = connection, slow_body
        self.answer = b""
        self.ended_after: float | None = None
        self._began = time.monotonic()
        connection.sendall(BODY if slow_body else HEADERS[:20])
        self._rest = iter(b" " * 60 if slow_body else HEADERS[20:])

    def send_a_byte(self) -> None:
        try:
            self.connection.sendall(bytes([next(self._rest)]))
        except (BrokenPipeError, ConnectionResetError):
            self._end()

    def read(self) -> None:
        try:
            more = self.connection.recv(65536)
        except ConnectionResetError:
            more = b""
        self.answer += more
        if not more:
            self._end()

    def _end(self) -> None:
        self.ended_after = self.ended_after or time.monotonic() - self._began


def drive(clients: list[SlowClient]) -> None:
    """Send a byte a second from each client, until the service has closed the last one."""
    next_byte, end = time.monotonic(), time.monotonic() + GIVEN_UP
    while waiting := [client for client in clients if client.ended_after is None]:
        assert time.monotonic() < end, f"{len(waiting)} slow clients are still waited for"
        if time.monotonic() >= next_byte:
            next_byte += 1
            for client in waiting:
                client.send_a_byte()
        by_connection = {client.connection: client for client in waiting}
        for connection in select.select(list(by_connection), [], [], max(0, next_byte - time.monotonic()))[0]:
            by_connection[connection].read()


class Visitor:
    """A client that reads a quote again and again."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._quote = service.send("POST", "/v1/quotes")

    def __call__(self) -> None:
        self._service.send("GET", f"/v1/quotes/{self._quote['quote_id']}", str(self._quote["quote_token"]))

    def measured_alone(self) -> Latencies:
        end = time.monotonic() + ALONE
        with neighbour(self) as latencies:
            time.sleep(max(0, end - time.monotonic()))  # the length of the measurement
        return latencies


def test_others_do_not_notice_fifty_clients_that_send_a_byte_a_second(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with serving(tmp_path / "data", QUOTES_RATE_LIMITS="off") as service, ExitStack() as stack:
        visitor = Visitor(service)
        alone = visitor.measured_alone()
        clients = [
            SlowClient(stack.enter_context(connected(service)), slow_body=bool(number % 2)) for number in range(SLOW)
        ]
        with neighbour(visitor) as beside:
            drive(clients)
    assert beside.most < NOT_HELD_UP
    assert beside.median < max(MEDIAN, 10 * alone.median)
    for client in clients:
        assert client.answer.startswith(b"HTTP/1.1 400 ") if client.slow_body else client.answer == b""
        assert client.ended_after
        assert client.ended_after > 4
    ratio = beside.median / alone.median
    record_property(
        "figure", f"alone {alone}; beside {SLOW} slow clients {beside}; the median is {ratio:.2f} times as long"
    )
