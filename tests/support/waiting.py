"""Waiting for a condition, with an end, and deadlines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], seconds: float = 30) -> T:
    """Return the condition's value once it is true; fail the test if that takes too long."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{condition} did not become true within {seconds} s"
        time.sleep(0.01)  # between two checks
    return value


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail the test if the block does not end within the deadline."""
    began = time.monotonic()
    yield
    assert (took := time.monotonic() - began) < seconds, f"it took {took:.1f} s and not less than {seconds} s"
