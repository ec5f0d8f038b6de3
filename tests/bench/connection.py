"""One kept-alive HTTP/1.1 connection, read as cheaply as Python can."""

from __future__ import annotations

import re
import socket
import time

SILENCE = 30.0
"""Seconds without an answer, after which the connection is given up."""
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Unexpected(Exception):
    """An answer that ends the benchmark."""


class Connection:
    """A connection with one request in flight; each answer must have this status."""

    def __init__(self, address: tuple[str, int], status: int) -> None:
        self.socket = socket.create_connection(address, timeout=SILENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._status = status
        self._request = b""
        self._received = bytearray()

    def send(self, request: bytes) -> None:
        self._request = request
        self._received.clear()
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """
        Return the answer's body once it is complete, None before.

        Raises: Unexpected
        """
        chunk = self.socket.recv(1 << 18)
        self._received += chunk
        end = self._received.find(b"\r\n\r\n") + 4
        if end < 4 and chunk:
            return None
        length = _LENGTH.search(self._received, 0, end)
        if not chunk or not length:
            raise self._unexpected("an answer that is cut off, or has no length")
        if len(self._received) < end + int(length[1]):
            return None
        if int(self._received[9:12]) != self._status:
            raise self._unexpected(f"another status than {self._status}")
        return bytes(self._received[end:])

    def _unexpected(self, what: str) -> Unexpected:
        asked = self._request.partition(b"\r\n")[0].decode()
        return Unexpected(f"{asked} got {what}:\n{self._received[:4000].decode(errors='replace')}")
