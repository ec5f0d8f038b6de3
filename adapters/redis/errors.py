"""Translation of redis-py's errors into errors of the domain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import (
    AuthenticationError,
    ClusterError,
    ConnectionError,  # noqa: A004 - the vendor's name
    MaxConnectionsError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004 - the vendor's name
    TryAgainError,
)

from domain.errors import (
    Overloaded,
    QuoteholdError,
    StoreDenied,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnreachable,
)

_UNREACHABLE = (ConnectionError, TimeoutError, ClusterError, TryAgainError, RedisClusterException)
_REFUSES_WRITES = ("NOREPLICAS", "MISCONF", "READONLY")
_NOT_READY = ("LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY ")


@contextmanager
def translated_errors() -> Iterator[None]:
    """
    Translate redis-py's errors in the block.

    Raises: StoreUnreachable, StoreReadOnly, StoreDenied, StoreFull, StoreUnavailable (another refusal), Overloaded (no
        connection is free)
    """
    try:
        yield
    except (RedisError, RedisClusterException) as error:
        raise _translated(error) from error


def _translated(error: RedisError | RedisClusterException) -> QuoteholdError:
    sentence = f"{type(error).__name__}: {error}"
    match error:
        case MaxConnectionsError():
            return Overloaded("Try again: all connections to the store are in use.")
        case NoPermissionError() | AuthenticationError():
            return StoreDenied(sentence)
        case _ if isinstance(error, _UNREACHABLE):
            return StoreUnreachable(sentence)
        case OutOfMemoryError():
            return StoreFull(sentence)
        case ReadOnlyError():
            return StoreReadOnly(sentence)
        case ResponseError() if str(error).startswith(_REFUSES_WRITES):
            return StoreReadOnly(sentence)
        case ResponseError() if str(error).startswith(_NOT_READY):
            return StoreUnreachable(sentence)
        case _:
            return StoreUnavailable(sentence)
