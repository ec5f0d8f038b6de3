"""The counting of requests: in windows that expire by themselves, with one command for each count."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from adapters.redis.client import connect
from adapters.redis.rate_limits import RedisRateLimitStorage
from tests.contract.support.store_backends import RedisBackend
from tests.support.waiting import Stopwatch, eventually

FIVE = RateLimitItemPerMinute(5)


class Counted:
    """A client that counts the commands it sends."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.commands: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.commands[name] += 1
        return getattr(self._client, name)


def storage_of(backend: RedisBackend) -> RedisRateLimitStorage:
    return RedisRateLimitStorage(client=backend.client, shebang=backend.shebang)


def hits(storage: RedisRateLimitStorage, item: RateLimitItem, who: str, times: int) -> list[bool]:
    strategy = FixedWindowRateLimiter(storage)
    return [strategy.hit(item, who, "start") for _ in range(times)]


@pytest.fixture
def who(redis_backend: RedisBackend) -> str:
    return redis_backend.test


def test_a_window_admits_its_number_of_requests_for_each_caller(redis_backend: RedisBackend, who: str) -> None:
    storage = storage_of(redis_backend)

    assert hits(storage, FIVE, who, 7) == [True] * 5 + [False] * 2
    assert hits(storage, FIVE, f"{who}-2", 1) == [True]


def test_a_window_ends_by_itself_and_leaves_no_key(redis_backend: RedisBackend, who: str) -> None:
    storage, one_in_three_seconds = storage_of(redis_backend), RateLimitItemPerSecond(1, 3)
    assert hits(storage, one_in_three_seconds, who, 2) == [True, False]

    assert eventually(lambda: not list(redis_backend.admin.scan_iter(f"l:*{who}*")))
    assert hits(storage, one_in_three_seconds, who, 1) == [True]


def test_later_requests_do_not_lengthen_the_window(redis_backend: RedisBackend, who: str) -> None:
    storage = storage_of(redis_backend)
    hits(storage, FIVE, who, 1)
    (key,) = redis_backend.admin.scan_iter(f"l:*{who}*")
    redis_backend.admin.pexpire(key, 20_000)

    hits(storage, FIVE, who, 3)

    assert 10_000 < redis_backend.admin.pttl(key) <= 20_000


def test_a_counter_that_would_never_end_is_begun_again(redis_backend: RedisBackend, who: str) -> None:
    storage = storage_of(redis_backend)
    hits(storage, FIVE, who, 6)
    (key,) = redis_backend.admin.scan_iter(f"l:*{who}*")
    redis_backend.admin.persist(key)

    assert hits(storage, FIVE, who, 1) == [True]
    assert 0 < redis_backend.admin.pttl(key) <= 60_000


def test_a_counted_request_reports_the_remaining_requests_of_its_own_counter(
    redis_backend: RedisBackend, who: str
) -> None:
    storage = storage_of(redis_backend)
    strategy = FixedWindowRateLimiter(storage)
    hits(storage, FIVE, who, 2)

    window = strategy.get_window_stats(FIVE, who, "start")

    assert window.remaining == 3
    assert time.time() + 50 < window.reset_time < time.time() + 61
    with pytest.raises(LookupError):
        strategy.get_window_stats(FIVE, f"{who}-2", "start")


def test_counting_and_reading_the_count_are_one_command(redis_backend: RedisBackend, who: str) -> None:
    hits(storage_of(redis_backend), FIVE, who, 1)  # now the server has the script
    client = Counted(redis_backend.client)
    strategy = FixedWindowRateLimiter(RedisRateLimitStorage(client=client))

    strategy.hit(FIVE, who, "start")
    strategy.get_window_stats(FIVE, who, "start")

    assert client.commands == {"evalsha": 1}


def test_of_many_requests_at_once_exactly_the_limit_is_admitted(redis_backend: RedisBackend, who: str) -> None:
    storage, fifty = storage_of(redis_backend), RateLimitItemPerMinute(50)

    with ThreadPoolExecutor(8) as pool:
        let_through = list(pool.map(lambda _: hits(storage, fifty, who, 1)[0], range(200)))

    assert sum(let_through) == 50


def test_while_a_store_is_full_requests_are_counted_here_and_there_again_when_it_is_not(
    redis_backend: RedisBackend, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    storage = storage_of(redis_backend)
    with redis_backend.full():
        assert hits(storage, FIVE, who, 7) == [True] * 5 + [False] * 2
        assert not list(redis_backend.admin.scan_iter(f"l:*{who}*"))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "each process counts requests by itself for 1 s: OutOfMemoryError" in caplog.text

    assert eventually(lambda: hits(storage, FIVE, who, 1) == [True])
    assert list(redis_backend.admin.scan_iter(f"l:*{who}*"))


def test_a_store_that_is_away_is_asked_again_after_pauses_that_grow(caplog: pytest.LogCaptureFixture) -> None:
    client = Counted(connect("redis://127.0.0.1:1"))
    storage = RedisRateLimitStorage(client=client)

    with mock.patch("adapters.redis.rate_limits.time.monotonic") as clock:
        for second in range(200):
            clock.return_value = 1000.0 + second
            hits(storage, RateLimitItemPerMinute(1000), "somebody", 2)

    assert client.commands["evalsha"] == 11  # after 0, 1, 3, 7, 15, 31, 63, 95, 127, 159, 191
    pauses = [record.args[0] for record in caplog.records if record.args and isinstance(record.args, tuple)]
    assert pauses == [1, 2, 4, 8, 16, *[32] * 6]


def test_of_many_that_wait_for_a_store_that_hangs_each_is_counted_and_one_tells(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        storage = RedisRateLimitStorage(client=connect(f"redis://127.0.0.1:{silent.getsockname()[1]}"))
        barrier = threading.Barrier(10)

        def hit(_: int) -> bool:
            barrier.wait()
            return hits(storage, FIVE, "somebody", 1)[0]

        with ThreadPoolExecutor(10) as pool:
            watch = Stopwatch()
            let_through = list(pool.map(hit, range(10)))

    assert sum(let_through) == 5
    assert watch.seconds < 1.5  # one after the other would take 5 s
    assert len(caplog.records) == 1


def test_no_count_is_taken_back(redis_backend: RedisBackend, who: str) -> None:
    storage = storage_of(redis_backend)
    hits(storage, FIVE, who, 5)

    with pytest.raises(NotImplementedError, match="end by themselves"):
        storage.reset()
    with pytest.raises(NotImplementedError, match="ends by itself"):
        storage.clear(FIVE.key_for(who, "start"))
    assert hits(storage, FIVE, who, 1) == [False]


def test_limits_finds_it_by_its_url(redis_backend: RedisBackend) -> None:
    options: dict[str, Any] = {"client": redis_backend.client}
    found = storage_from_string("quotehold://", **options)

    assert isinstance(found, RedisRateLimitStorage)
