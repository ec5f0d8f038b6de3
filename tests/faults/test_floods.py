"""Bodies hundreds of times larger than the limit: they cost no memory, and their senders get the reason."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from tests.faults.support.workers import MIB, neighbour, watched, workers
from tests.support.raw_http import Answer, connected, read_answer
from tests.support.running_service import Service, serving

LARGEST = 3 * 64 * 1024 + 4096
"""Bytes that a body may have: 3 bytes for each byte of the largest details, and 4 KiB for the rest."""
CLIENTS = 10
FLOOD = 100_000_000
TOO_LARGE = 413, "body-too-large"
MALFORMED = 400, "malformed-request"
MOST_GROWTH = 10 * MIB
MOST_TAKEN = 16 * MIB
"""Bytes of one flood before its connection is closed: read by the service, or still in sockets."""
MOST_WAITING = 2.0
"""Seconds that another request may wait,"""
MOST_FLOODS = 3
"""or the time that so many floods take alone, if that is longer. All floods one after the other would take longer."""
PIECE = b" " * 65536
HEAD = b"POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

pytestmark = pytest.mark.backend("valkey+sqlite")


class Body(NamedTuple):
    """A body: the header that announces it, the pieces to send, and the possible answers."""

    header: bytes
    pieces: Callable[[], Iterator[bytes]]
    told: tuple[tuple[int, str], ...] = (TOO_LARGE,)
    clients: int = CLIENTS


def _plain() -> Iterator[bytes]:
    yield from (PIECE for _ in range(FLOOD // len(PIECE)))


def _in_chunks() -> Iterator[bytes]:
    yield from (b"%x\r\n%s\r\n" % (len(PIECE), PIECE) for _ in range(FLOOD // len(PIECE)))


def _in_one_chunk() -> Iterator[bytes]:
    yield b"%x\r\n" % FLOOD
    yield from _plain()


def _in_tiny_chunks() -> Iterator[bytes]:
    yield from (b"1\r\n \r\n" * 10_000 for _ in range(FLOOD // 60_000))


def _in_a_chunk_line() -> Iterator[bytes]:
    yield b"1;x="
    yield from (b"y" * 65536 for _ in range(FLOOD // 65536))


def _in_trailers() -> Iterator[bytes]:
    yield b"0\r\n"
    yield from (b"X: y\r\n" * 10_000 for _ in range(FLOOD // 60_000))


CHUNKED = b"Transfer-Encoding: chunked"
BODIES = {
    "with a length": Body(b"Content-Length: %d" % FLOOD, _plain),
    "in chunks": Body(CHUNKED, _in_chunks),
    "in one chunk": Body(CHUNKED, _in_one_chunk),
    # Each takes half a second of processor time. On a slow machine that exceeds the time for a body.
    "in tiny chunks": Body(CHUNKED, _in_tiny_chunks, (TOO_LARGE, MALFORMED), clients=6),
    "in a chunk's line": Body(CHUNKED, _in_a_chunk_line, (MALFORMED,)),
    "in trailers": Body(CHUNKED, _in_trailers, (MALFORMED,)),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("floods") / "data") as service:
        yield service


class Flooded(NamedTuple):
    sent: int
    answer: Answer


def flood(service: Service, body: Body) -> Flooded:
    """Send until the service closes the connection, also after its answer."""
    sent, answer = 0, None
    with connected(service) as connection:
        connection.sendall(HEAD + body.header + b"\r\n\r\n")
        for piece in body.pieces():
            try:
                connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
            sent += len(piece)
            if answer is None and select.select([connection], [], [], 0)[0]:
                answer = read_answer(connection, "POST")
        return Flooded(sent, answer or read_answer(connection, "POST"))


@pytest.mark.parametrize("kind", BODIES)
def test_floods_at_once_take_no_memory_and_keep_nobody_waiting(
    service: Service, kind: str, record_property: Callable[[str, object], None]
) -> None:
    body = BODIES[kind]
    [worker] = workers(service)
    began = time.monotonic()
    flood(service, body)  # the first flood loads code and buffers, which must not count as growth
    alone = time.monotonic() - began
    served = neighbour(lambda: service.send("GET", "/healthz"))
    with ThreadPoolExecutor(body.clients) as pool, watched(worker) as memory, served as latencies:
        floods = list(pool.map(lambda _: flood(service, body), range(body.clients)))
    for sent, answer in floods:
        problem = json.loads(answer.body)
        assert answer.headers["Connection"] == "close"
        assert (answer.status, problem["code"]) in body.told
        assert sent < MOST_TAKEN
    assert memory.growth < MOST_GROWTH
    assert latencies.most < max(MOST_WAITING, MOST_FLOODS * alone)
    most = max(sent for sent, _ in floods)
    record_property(
        "figure",
        f"{memory.growth / MIB:.1f} MiB more for {body.clients} floods, cut off after {most / MIB:.1f} MiB; "
        f"others meanwhile: {latencies}",
    )


@pytest.mark.parametrize("size", [210_000, 1_000_000])
@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "in chunks"])
def test_a_client_that_reads_only_after_its_last_byte_gets_the_reason(
    service: Service, size: int, *, chunked: bool
) -> None:
    """A simple client reads after it has sent all. The answer comes before the last byte, and a reset would lose it."""
    announced = CHUNKED if chunked else b"Content-Length: %d" % size
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (size, b" " * size) if chunked else b" " * size
    with connected(service) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        connection.sendall(HEAD + announced + b"\r\n\r\n")
        connection.sendall(body)
        answer = read_answer(connection, "POST")
        assert (answer.status, json.loads(answer.body)["code"]) == TOO_LARGE
        assert connection.recv(1) == b""


def test_a_client_that_never_stops_sending_is_cut_off(service: Service) -> None:
    """The service reads a rejected body up to a number of bytes, as here, or for some seconds."""
    with connected(service) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % FLOOD)
        read_answer(connection, "POST")
        sent = 0
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in _plain():
                sent += connection.send(piece)
        assert sent < MOST_TAKEN


@pytest.mark.parametrize(("size", "status"), [(LARGEST, 201), (LARGEST + 1, 413)])
@pytest.mark.parametrize("chunk", [0, 1000, LARGEST + 1], ids=["with a length", "in chunks", "in one chunk"])
def test_the_limit_is_the_same_byte_however_a_body_is_sent(
    service: Service, chunk: int, size: int, status: int
) -> None:
    body = b"{}".ljust(size)
    pieces = [body[at : at + chunk] for at in range(0, size, chunk)] if chunk else []
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    announced = CHUNKED if chunk else b"Content-Length: %d" % size
    request = HEAD + announced + b"\r\n\r\n" + (chunks if chunk else body)
    with connected(service) as connection:
        connection.sendall(request)
        assert read_answer(connection, "POST").status == status
