"""How often a command is sent, and how long it may take, to a server that misbehaves."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, TimeoutError  # noqa: A004 - the vendor's names

from adapters.redis.client import DEADLINE, connect

PING = b"*1\r\n$4\r\nPING\r\n"
NIL = b"$-1\r\n"
GET = b"*2\r\n$3\r\nGET\r\n$1\r\nx\r\n"


class Server:
    """Speaks as much of the protocol as GET needs; `behave` is told each command's number and may answer it."""

    def __init__(self, behave: Callable[[int, socket.socket], None]) -> None:
        self.behave = behave
        self.commands = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.listener.getsockname()[1]}"

    def _accept(self) -> None:
        with ExitStack() as held:
            while True:
                try:
                    connection = held.enter_context(self.listener.accept()[0])
                except OSError:  # closed: the test is over
                    return
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        while connection.fileno() >= 0 and (received := connection.recv(4096)):
            if received == PING:
                connection.sendall(b"+PONG\r\n")
                continue
            assert received == GET
            self.commands += 1
            self.behave(self.commands, connection)


@contextmanager
def talking_to(behave: Callable[[int, socket.socket], None]) -> Iterator[tuple[Redis, Server]]:
    server = Server(behave)
    with connect(server.url) as client:
        yield client, server
    server.listener.shutdown(socket.SHUT_RDWR)
    server.listener.close()


def test_a_connection_that_is_cut_is_replaced_and_the_command_sent_once_more() -> None:
    def cut_the_first(number: int, connection: socket.socket) -> None:
        connection.close() if number == 1 else connection.sendall(NIL)

    with talking_to(cut_the_first) as (client, server):
        assert client.get("x") is None
        assert server.commands == 2


def test_a_server_that_always_cuts_is_asked_twice_and_no_more() -> None:
    with talking_to(lambda _, connection: connection.close()) as (client, server):
        with pytest.raises(ConnectionError):
            client.get("x")
        assert server.commands == 2


def test_a_server_that_does_not_answer_is_asked_once_and_given_up_at_the_deadline() -> None:
    with talking_to(lambda *_: None) as (client, server):
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            client.get("x")
        assert DEADLINE <= time.monotonic() - began < 2 * DEADLINE
        assert server.commands == 1
