"""A server that sends back all data, and clients that talk to it through a fault proxy."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from tests.faults.support.fault_proxy import FaultProxy

SOON = 0.2
"""Seconds for which a test waits to see that no data comes."""


class EchoServer(socketserver.ThreadingTCPServer):
    """A server that sends back all data and keeps a copy."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), EchoHandler)
        self.received = b""
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.ended = threading.Event()


class EchoHandler(socketserver.BaseRequestHandler):
    server: EchoServer

    def handle(self) -> None:
        with suppress(ConnectionError):
            while piece := self.request.recv(65_536):
                self.server.received += piece
                self.server.may_answer.wait(30)
                self.request.sendall(piece)
        self.server.ended.set()


@contextmanager
def running_echo() -> Iterator[EchoServer]:
    with EchoServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.may_answer.set()
            server.shutdown()
            thread.join()


def opened(proxy: FaultProxy) -> closing[socket.socket]:
    return closing(socket.create_connection(proxy.address, timeout=10))


@contextmanager
def connected(proxy: FaultProxy) -> Iterator[socket.socket]:
    """Connect a client that has been served once."""
    with opened(proxy) as client:
        assert ask(client, b"hello") == b"hello"
        yield client


def ask(client: socket.socket, question: bytes) -> bytes:
    client.sendall(question)
    return client.recv(65_536)


def is_silent(client: socket.socket) -> bool:
    """Tell whether neither data nor the end of the connection arrives for a moment."""
    return not select.select([client], [], [], SOON)[0]
