"""The deadline of a block in a gevent worker."""

from __future__ import annotations

import gevent
import pytest

from adapters.redis.options import DEADLINE
from adapters.sql.timeouts import SERVICE
from domain.errors import Overloaded
from entrypoints import bootstrap
from entrypoints.http.server.deadline import deadline
from entrypoints.http.server.request_hooks import BODY_SECONDS, REQUEST_SECONDS
from tests.support.waiting import at_most


def test_a_block_that_takes_too_long_is_interrupted() -> None:
    with at_most(5), pytest.raises(Overloaded), deadline(0.05):
        gevent.sleep(30)


def test_the_inner_of_two_deadlines_is_told_from_the_outer() -> None:
    with deadline(30):
        with pytest.raises(Overloaded, match=r"0\.05"), deadline(0.05):
            gevent.sleep(30)
        gevent.sleep(0)
    with pytest.raises(Overloaded, match=r"0\.05"), deadline(0.05), deadline(30):
        gevent.sleep(30)


def test_no_handler_of_exceptions_on_the_way_catches_it() -> None:
    def swallowing() -> None:
        try:
            gevent.sleep(30)
        except Exception as error:  # noqa: BLE001 - the test is that no exception arrives here
            pytest.fail(f"{error!r} was caught")

    with pytest.raises(Overloaded), deadline(0.05):
        swallowing()


def test_a_block_that_ends_in_time_is_left_alone() -> None:
    with deadline(0.05):
        pass
    gevent.sleep(0.1)  # past the deadline, which must no longer interrupt


def test_each_deadline_ends_before_the_one_around_it() -> None:
    """A claim must not outlive its lease and race with the next one, nor a statement its request and hold a slot."""
    lease = bootstrap.DRAFT_LEASE.total_seconds()
    assert lease > REQUEST_SECONDS > BODY_SECONDS > SERVICE.statement > DEADLINE > 0
