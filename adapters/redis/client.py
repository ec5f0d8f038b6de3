"""The connection to the server, set up so that a call costs one round trip and ends within its deadline."""

from __future__ import annotations

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError  # noqa: A004 - the vendor's name; the built-in is not meant here
from redis.retry import Retry

DEADLINE = 0.5
"""Seconds for one command."""


def connect(url: str, max_connections: int = 256) -> Redis:
    """
    A client for `redis://`, `rediss://` or `unix://`; it connects at its first command.

    A connection that turns out to be closed is replaced and the command sent once more, which every script allows.
    A command that timed out is not: the server is slow already, and the caller's deadline is short. (Left alone,
    redis-py repeats ten times.) RESP2 costs less CPU than RESP3 and lacks nothing that is needed here.
    """
    return Redis.from_url(
        url,
        protocol=2,
        socket_timeout=DEADLINE,
        socket_connect_timeout=DEADLINE,
        health_check_interval=20,
        retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        max_connections=max_connections,
        driver_info=None,  # else CLIENT SETINFO: two commands a connection, which a tight ACL refuses
    )
