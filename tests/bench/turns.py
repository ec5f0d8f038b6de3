"""A relay that counts the turns in which a client waits for a server."""

from __future__ import annotations

import selectors
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast


class Relay(socketserver.ThreadingTCPServer):
    """
    A relay between its clients and a server.

    A turn is everything that a client sends between two answers of the server, in any number of packets and commands:
    one round trip.
    """

    daemon_threads = True
    turns = 0

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.target = target
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def count(self) -> None:
        with self._lock:
            self.turns += 1


class _Passing(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        relay, client = cast("Relay", self.server), cast("socket.socket", self.request)
        with socket.create_connection(relay.target) as server, selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            is_turn = True
            while True:
                for key, _ in selector.select():
                    source = cast("socket.socket", key.fileobj)
                    data = source.recv(1 << 18)
                    if not data:
                        return
                    if source is client and is_turn:
                        relay.count()
                    is_turn = source is server
                    key.data.sendall(data)


@contextmanager
def relay(target: tuple[str, int]) -> Iterator[Relay]:
    """Run a relay to that server for the block."""
    with Relay(target) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
