"""A request as raw bytes, which no client library would send, and its answer."""

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
    """Read the next answer. Bytes read beyond it are lost: ask once on each connection, or wait for the answer."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    return Answer(response.status, response.headers, response.read())


def ask(service: Service, request: bytes) -> Answer:
    with connected(service) as connection:
        connection.sendall(request)
        return read_answer(connection, request.split(maxsplit=1)[0].decode("latin-1"))


def is_closed(connection: socket.socket) -> bool:
    """Tell whether the server ends the connection without another byte."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
