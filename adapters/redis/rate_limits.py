"""Where `limits`, and Flask-Limiter over it, count requests: the store of the quotes, a round trip for each count."""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from typing import Any, NamedTuple

from limits.storage import Storage
from redis.exceptions import RedisClusterException, RedisError

from adapters.redis.client import Client
from adapters.redis.scripts import Script, script

_log = logging.getLogger("quotehold.rate_limits")
_PREFIX = "l:"
SCHEME = "quotehold"
"""Of the URL by which `limits` finds this storage."""


class _Window(NamedTuple):
    """A counter as it was when this request was counted. `ends` is in seconds since the epoch, by the local clock."""

    key: str
    requests: int
    ends: float


_counted: ContextVar[_Window | None] = ContextVar("counted", default=None)


class RedisRateLimitStorage(Storage):
    """
    The storage of `limits` over our client, for one server, Sentinel or Cluster.

    Not the one that comes with `limits`: that one asks three times, to count and then for what its headers tell, has
    no deadline of its own, and wants redis-py below 8. A count and its end come back together here, and what is asked
    of them in the same request is answered from that.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - as the base class has it

    def __init__(self, uri: str = "", *, client: Client, shebang: bool = True, **options: Any) -> None:
        """`shebang=False` is for a server that does not know the first line of a script."""
        super().__init__(uri, **options)
        self._client = client
        self._count, self._look = (script(name, shebang=shebang) for name in ("limit_count", "limit_read"))

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return RedisError, RedisClusterException

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """The count with this request. `expiry` is in seconds. Raises: RedisError, RedisClusterException"""
        window = self._asked(self._count, key, amount, expiry * 1000)
        _counted.set(window)
        return window.requests

    def get(self, key: str) -> int:
        """The count, as it was when this request was counted; else as it is."""
        return self._told(key).requests

    def get_expiry(self, key: str) -> float:
        """The window's end, in seconds since the epoch."""
        return self._told(key).ends

    def check(self) -> bool:
        """Whether requests can be counted again."""
        try:
            self._asked(self._look, "check")
        except self.base_exceptions:
            return False
        return True

    def reset(self) -> int | None:
        """Not offered: counters end by themselves, and to look for them would pass over every key of the server."""
        raise NotImplementedError

    def clear(self, key: str) -> None:
        """Not offered."""
        raise NotImplementedError

    def _told(self, key: str) -> _Window:
        window = _counted.get()
        return window if window and window.key == key else self._asked(self._look, key)

    def _asked(self, asked: Script, key: str, *args: int) -> _Window:
        try:
            count, left = asked.run(self._client, _PREFIX + key, *args)
        except self.base_exceptions as error:
            _log.warning("requests cannot be counted: %s: %s", type(error).__name__, error)
            raise
        return _Window(key, count, time.time() + left / 1000)
