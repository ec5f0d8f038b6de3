"""Options that all connections share, to a store and to its sentinels."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, NamedTuple

from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection

from adapters.redis.url import StoreUrl

DEADLINE = 0.5
"""Seconds for one command, and for making a connection."""


class Tls(NamedTuple):
    """PEM files. `ca` replaces the system's authorities. A server that asks for a certificate gets `cert` and `key`."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return a context that always checks certificates and host names."""
        context = ssl.create_default_context(cafile=self.ca)
        if self.cert:
            context.load_cert_chain(self.cert, self.key)
        return context


class Unpolled:
    """
    A connection that is not polled before each command. redis-py would ask the system each time whether there is data
    to read. There is none: a connection with an unread answer is closed, and a connection that the server has closed is
    replaced when the command fails.
    """

    def can_read(self, timeout: float = 0) -> bool:
        return False


class PlainConnection(Unpolled, Connection):
    """A connection by TCP."""


class UnixConnection(Unpolled, UnixDomainSocketConnection):
    """A connection by a Unix socket."""


class TlsConnection(Unpolled, SSLConnection):
    """
    A TLS connection with a context that all connections share. redis-py makes a context for each connection, and
    reading the system's authorities costs 20 ms of CPU.
    """

    def __init__(self, *, context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self._context = context

    def _wrap_socket_with_ssl(self, sock: Any) -> ssl.SSLSocket:
        return self._context.wrap_socket(sock, server_hostname=self.host)


def credentials(url: StoreUrl, deadline: float = DEADLINE) -> dict[str, Any]:
    """
    Return the user, the password and the time-outs.

    RESP2 costs less CPU than RESP3, and is enough here.
    """
    return {
        "username": url.username,
        "password": url.password,
        "protocol": 2,
        "socket_timeout": deadline,
        "socket_connect_timeout": deadline,
        "driver_info": None,  # otherwise redis-py sends CLIENT SETINFO twice a connection, which a tight ACL refuses
    }


def transport(context: ssl.SSLContext | None) -> dict[str, Any]:
    """Return the options of a connection to a host and port: TLS with this context, or plain TCP."""
    return {"connection_class": TlsConnection, "context": context} if context else {"connection_class": PlainConnection}
