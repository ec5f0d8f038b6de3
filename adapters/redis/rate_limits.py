"""The storage in which `limits`, used by Flask-Limiter, counts requests: the store of the quotes."""

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
"""Seconds for which a store that failed to count is not asked. The pause doubles with each failure."""
SCHEME = "quotehold"
"""The scheme of the URL by which `limits` finds this storage."""


class _Window(NamedTuple):
    """A counter as it was when this request was counted. `ends` is in seconds since the epoch, by the local clock."""

    key: str
    requests: int
    ends: float


_counted: ContextVar[_Window] = ContextVar("counted")


class RedisRateLimitStorage(Storage):
    """
    A storage of `limits` over the project's client, for one server, Sentinel or Cluster. It always counts. While the
    store cannot count, each process counts by itself. So a failure to count neither refuses clients nor lets them
    through without limit.

    The storages of `limits` do not fit: they send three commands for each request, to count and to fill the headers,
    have no deadline of their own, and need redis-py below 8. This one gets count and end in one round trip, and answers
    later questions of the same request from them. Flask-Limiter's own fallback does not fit either: if several requests
    wait for the store when it fails, only the first one is counted by the fallback.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - as the base class has it

    def __init__(self, uri: str = "", *, client: Client, shebang: bool = True, **options: Any) -> None:
        """Take the client. `shebang=False` is for a server that does not know the `#!lua` line of a script."""
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
        """Count this request, and return the count with it. `expiry` is in seconds."""
        window = self._counted_by_the_store(key, expiry, amount) or self._counted_here(key, expiry, amount)
        _counted.set(window)
        return window.requests

    def get(self, key: str) -> int:
        """
        Return the count as it was when this request was counted.

        Raises: LookupError (this request was not counted)
        """
        return self._of_this_request(key).requests

    def get_expiry(self, key: str) -> float:
        """
        Return the window's end, in seconds since the epoch.

        Raises: LookupError (this request was not counted)
        """
        return self._of_this_request(key).ends

    def check(self) -> bool:
        """Return True: the storage can always count."""
        return True

    def reset(self) -> int | None:
        """
        Refuse. Counters end by themselves, and a search for them would read every key of the server.

        Raises: NotImplementedError (the refusal that `limits` defines and Flask-Limiter accepts)
        """
        raise NotImplementedError("Counters end by themselves.")

    def clear(self, key: str) -> None:
        """
        Refuse in the same way: a client's requests count until the window ends.

        Raises: NotImplementedError
        """
        raise NotImplementedError("A counter ends by itself.")

    def _counted_by_the_store(self, key: str, expiry: int, amount: int) -> _Window | None:
        """
        Return the window, or None while the store cannot count. After a pause, one request at a time tries it again.
        """
        now, pause = time.monotonic(), self._pause
        if now < self._next_try:
            return None
        self._next_try = now + pause
        try:
            requests, left = self._count.run(self._client, _PREFIX + key, amount, expiry * 1000)
        except self.base_exceptions as error:
            if pause == self._pause:  # else another request, which waited too, has already noted the failure
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
