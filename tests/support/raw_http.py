"""One request in bytes, as no client would write it, and the answer to it, as any client reads it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPMessage, HTTPResponse
from typing import NamedTuple

from tests.support.running_service import Service

TIMEOUT_S = 20


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes


@contextmanager
def connected(service: Service) -> Iterator[socket.socket]:
    host, _, port = service.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
        yield connection


def read_answer(connection: socket.socket, method: str) -> Answer:
    """The next answer. What was read beyond it is lost: ask once on each connection, or wait for the answer."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    return Answer(response.status, response.headers, response.read())


def ask(service: Service, request: bytes) -> Answer:
    with connected(service) as connection:
        connection.sendall(request)
        return read_answer(connection, request.split(maxsplit=1)[0].decode("latin-1"))


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side ends the connection without a word more."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
