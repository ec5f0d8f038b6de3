"""Where `limits`, and Flask-Limiter over it, count requests: the store of the quotes, a round trip for each count."""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from typing import Any, NamedTuple

from limits.storage import MemoryStorage, Storage
from redis.exceptions import RedisClusterException, RedisError

from adapters.redis.client import Client
from adapters.redis.scripts import script

_log = logging.getLogger("quotehold.rate_limits")
_PREFIX = "l:"
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 32.0
"""Seconds for which a store that did not count is left alone; each time twice as long."""
SCHEME = "quotehold"
"""Of the URL by which `limits` finds this storage."""


class _Window(NamedTuple):
    """A counter as it was when this request was counted. `ends` is in seconds since the epoch, by the local clock."""

    key: str
    requests: int
    ends: float


_counted: ContextVar[_Window] = ContextVar("counted")


class RedisRateLimitStorage(Storage):
    """
    The storage of `limits` over our client, for one server, Sentinel or Cluster. It always counts: while the store does
    not, each process does for itself, so that nobody is refused, or let through without end, because counting failed.

    Not the one that comes with `limits`: that one asks three times, to count and then for what its headers tell, has
    no deadline of its own, and wants redis-py below 8. A count and its end come back together here, and what is asked
    of them in the same request is answered from that. Nor Flask-Limiter's own way to go on without a store: of several
    requests that wait for it when it fails, that one goes on with the first.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - as the base class has it

    def __init__(self, uri: str = "", *, client: Client, shebang: bool = True, **options: Any) -> None:
        """`shebang=False` is for a server that does not know the first line of a script."""
        super().__init__(uri, **options)
        self._client = client
        self._count = script("limit_count", shebang=shebang)
        self._here = MemoryStorage()
        self._pause = 0.0
        self._next_try = 0.0

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return RedisError, RedisClusterException

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """The count with this request. `expiry` is in seconds."""
        window = self._counted_by_the_store(key, expiry, amount) or self._counted_here(key, expiry, amount)
        _counted.set(window)
        return window.requests

    def get(self, key: str) -> int:
        """The count, as it was when this request was counted. Raises: LookupError, if it was not"""
        return self._of_this_request(key).requests

    def get_expiry(self, key: str) -> float:
        """The window's end, in seconds since the epoch. Raises: LookupError, if this request was not counted"""
        return self._of_this_request(key).ends

    def check(self) -> bool:
        """It can always be asked."""
        return True

    def reset(self) -> int | None:
        """
        Refused: counters end by themselves, and to look for them would pass over every key of the server.

        Raises: NotImplementedError, by which `limits` has a storage say that, and Flask-Limiter takes it for an answer
        """
        raise NotImplementedError("Counters end by themselves.")

    def clear(self, key: str) -> None:
        """Refused in the same way: what a client has asked is not forgotten before its window ends."""
        raise NotImplementedError("A counter ends by itself.")

    def _counted_by_the_store(self, key: str, expiry: int, amount: int) -> _Window | None:
        """None while it cannot count; one request at a time finds out whether it can again."""
        now, pause = time.monotonic(), self._pause
        if now < self._next_try:
            return None
        self._next_try = now + pause
        try:
            requests, left = self._count.run(self._client, _PREFIX + key, amount, expiry * 1000)
        except self.base_exceptions as error:
            if pause == self._pause:  # else another request, which waited too, was the first to tell
                self._leave_alone(error)
            return None
        if pause and pause == self._pause:
            self._pause = self._next_try = 0.0
            _log.warning("requests are counted by the store again")
        return _Window(key, requests, time.time() + left / 1000)

    def _leave_alone(self, error: Exception) -> None:
        self._pause = min(max(_FIRST_PAUSE, 2 * self._pause), _LONGEST_PAUSE)
        self._next_try = time.monotonic() + self._pause
        _log.warning(
            "each process counts requests by itself for %.0f s: %s: %s", self._pause, type(error).__name__, error
        )

    def _counted_here(self, key: str, expiry: int, amount: int) -> _Window:
        return _Window(key, self._here.incr(key, expiry, amount), self._here.get_expiry(key))

    @staticmethod
    def _of_this_request(key: str) -> _Window:
        window = _counted.get()
        if window.key != key:
            raise LookupError(key)
        return window
