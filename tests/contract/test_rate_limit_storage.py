"""Where requests are counted: in windows that end by themselves, by one command for each count."""

from __future__ import annotations

import contextvars
import logging
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import ConnectionError  # noqa: A004 - the vendor's name

from adapters.redis.client import connect
from adapters.redis.rate_limits import RedisRateLimitStorage
from tests.contract.store_legs import RedisLeg
from tests.waiting import eventually

FIVE = RateLimitItemPerMinute(5)


class Counted:
    """A client that counts what is sent."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.commands: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.commands[name] += 1
        return getattr(self._client, name)


def storage_of(leg: RedisLeg) -> RedisRateLimitStorage:
    return RedisRateLimitStorage(client=leg.client, shebang=leg.shebang)


def hits(storage: RedisRateLimitStorage, item: RateLimitItem, who: str, times: int) -> list[bool]:
    strategy = FixedWindowRateLimiter(storage)
    return [strategy.hit(item, who, "start") for _ in range(times)]


def elsewhere(storage: RedisRateLimitStorage, item: RateLimitItem, who: str) -> tuple[float, int]:
    """The window, as a request sees it that has not counted."""
    stats = contextvars.Context().run(FixedWindowRateLimiter(storage).get_window_stats, item, who, "start")
    return stats.reset_time, stats.remaining


@pytest.fixture
def who(redis_leg: RedisLeg) -> str:
    return redis_leg.test


def test_so_many_are_let_through_in_a_window_and_each_caller_has_one_of_his_own(redis_leg: RedisLeg, who: str) -> None:
    storage = storage_of(redis_leg)

    assert hits(storage, FIVE, who, 7) == [True] * 5 + [False] * 2
    assert hits(storage, FIVE, f"{who}-2", 1) == [True]


def test_a_window_ends_by_itself_and_leaves_no_key(redis_leg: RedisLeg, who: str) -> None:
    storage, one_a_second = storage_of(redis_leg), RateLimitItemPerSecond(1)
    assert hits(storage, one_a_second, who, 2) == [True, False]

    assert eventually(lambda: not list(redis_leg.admin.scan_iter(f"l:*{who}*")))
    assert hits(storage, one_a_second, who, 1) == [True]


def test_later_requests_do_not_lengthen_the_window(redis_leg: RedisLeg, who: str) -> None:
    storage = storage_of(redis_leg)
    hits(storage, FIVE, who, 1)
    (key,) = redis_leg.admin.scan_iter(f"l:*{who}*")
    redis_leg.admin.pexpire(key, 20_000)

    hits(storage, FIVE, who, 3)

    assert 10_000 < redis_leg.admin.pttl(key) <= 20_000


def test_a_counter_that_would_never_end_is_begun_again(redis_leg: RedisLeg, who: str) -> None:
    storage = storage_of(redis_leg)
    hits(storage, FIVE, who, 6)
    (key,) = redis_leg.admin.scan_iter(f"l:*{who}*")
    redis_leg.admin.persist(key)

    assert hits(storage, FIVE, who, 1) == [True]
    assert 0 < redis_leg.admin.pttl(key) <= 60_000


def test_what_is_left_is_known_to_who_has_counted_and_to_who_has_not(redis_leg: RedisLeg, who: str) -> None:
    storage = storage_of(redis_leg)
    assert elsewhere(storage, FIVE, who)[1] == 5
    hits(storage, FIVE, who, 2)

    here = FixedWindowRateLimiter(storage).get_window_stats(FIVE, who, "start")

    ends, remaining = elsewhere(storage, FIVE, who)
    assert (here.remaining, remaining) == (3, 3)
    assert here.reset_time == pytest.approx(ends, abs=1)
    assert time.time() + 50 < ends < time.time() + 61


def test_a_count_and_what_is_told_of_it_are_one_command(redis_leg: RedisLeg, who: str) -> None:
    hits(storage_of(redis_leg), FIVE, who, 1)  # the server knows the script from now on
    client = Counted(redis_leg.client)
    strategy = FixedWindowRateLimiter(RedisRateLimitStorage(client=client))

    strategy.hit(FIVE, who, "start")
    strategy.get_window_stats(FIVE, who, "start")

    assert client.commands == {"evalsha": 1}


def test_of_many_at_once_exactly_as_many_are_let_through_as_may(redis_leg: RedisLeg, who: str) -> None:
    storage, fifty = storage_of(redis_leg), RateLimitItemPerMinute(50)

    with ThreadPoolExecutor(8) as pool:
        let_through = list(pool.map(lambda _: hits(storage, fifty, who, 1)[0], range(200)))

    assert sum(let_through) == 50


def test_whether_it_can_be_asked_is_found_out_and_the_log_says_why_not(
    redis_leg: RedisLeg, caplog: pytest.LogCaptureFixture
) -> None:
    assert storage_of(redis_leg).check() is True
    assert caplog.text == ""

    away = RedisRateLimitStorage(client=connect("redis://127.0.0.1:1"))

    assert away.check() is False
    with pytest.raises(ConnectionError):
        away.incr("key", 60)
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "requests cannot be counted: ConnectionError" in caplog.text


def test_limits_finds_it_by_its_url(redis_leg: RedisLeg) -> None:
    found = storage_from_string("quotehold://", client=redis_leg.client)

    assert isinstance(found, RedisRateLimitStorage)
