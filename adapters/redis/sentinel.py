"""Redis Sentinel: each connection goes to the primary that the sentinels name, and checks it again later."""

from __future__ import annotations

import copy
import ssl
import time
from contextlib import suppress
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.exceptions import ConnectionError, RedisError  # noqa: A004 - the vendor's names
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelManagedConnection

from adapters.redis.options import TlsConnection, Unpolled, credentials, transport
from adapters.redis.url import StoreUrl

_DEADLINE = 0.2
"""Seconds for one sentinel. Two that hang, and then the primary's handshake, must fit into the time of a call."""
_TRUST = 1.0
"""
Seconds for which the sentinels' last answer is trusted. A primary that is replaced on purpose takes writes even longer.
"""


class Sentinels(Sentinel):
    """
    The sentinels of a service. They are asked one after the other. The sentinel that answered last is asked first.

    They get the password of the servers, with the URL's user or else "default". A sentinel without a password accepts
    any password for "default", and refuses a password without a user.
    """

    def __init__(self, url: StoreUrl, context: ssl.SSLContext | None, max_connections: int) -> None:
        super().__init__([])  # type: ignore[no-untyped-call]  # untyped in redis-py
        options = credentials(url, _DEADLINE) | transport(context)
        options |= {
            # After a failover every connection asks at once.
            "max_connections": max_connections,
            "retry": Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        }
        if url.password:
            options["username"] = url.username or "default"
        self.sentinels = [Redis.from_pool(ConnectionPool(host=host, port=port, **options)) for host, port in url.nodes]
        self._service = url.service
        self._transport = {"connection_class": TlsToPrimary, "context": context} if context else _PLAIN
        self._trusted_until = 0.0

    def primary(self, options: dict[str, Any]) -> Redis:
        """Return a client with connections to the present primary."""
        options |= self._transport
        client: Redis = self.master_for(self._service, **options)  # type: ignore[no-untyped-call]  # as above
        return client

    def discover_master(self, service_name: str) -> Any:
        self._trusted_until = time.monotonic() + _TRUST
        # redis-py swaps two places of a list that all threads share. If two threads do so at once, a sentinel is lost.
        asked = copy.copy(self)
        asked.sentinels = list(self.sentinels)
        address = Sentinel.discover_master(asked, service_name)
        self.sentinels = asked.sentinels
        return address

    def are_trusted(self) -> bool:
        """Return whether the sentinels were asked a moment ago."""
        return time.monotonic() < self._trusted_until


class ToPrimary(Unpolled, SentinelManagedConnection):
    """
    A connection to the present primary.

    redis-py's own connection repeats a command at its old address, even if that primary is dead or demoted. It also
    keeps a connection after a late answer, so that the next command gets that answer or none.
    """

    def connect(self) -> None:
        """
        Connect if need be, and check from time to time that the primary is still the same. Called before each command.
        """
        if self.is_connected and not self.connection_pool.sentinel_manager.are_trusted():
            # A connection to a primary that answers can do without the sentinels, so their errors do not matter.
            with suppress(RedisError):
                if self.connection_pool.get_master_address() != (self.host, self.port):
                    self.disconnect()  # type: ignore[no-untyped-call]  # as above
        self.connect_check_health(check_health=False)

    def connect_check_health(self, check_health: bool = True, retry_socket_connect: bool = False) -> None:
        if not self.is_connected:
            self.host, self.port = self.connection_pool.get_master_address()
        super().connect_check_health(check_health, retry_socket_connect=False)

    def read_response(self, *args: Any, **options: Any) -> Any:
        return super().read_response(*args, **options | {"disconnect_on_error": True})


class TlsToPrimary(ToPrimary, TlsConnection):
    """The same over TLS."""


_PLAIN: dict[str, Any] = {"connection_class": ToPrimary}
