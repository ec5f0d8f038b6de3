"""Deadlines in a gevent worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gevent import Timeout

from domain.errors import Overloaded


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """
    Interrupt what runs in this block once the time is over. `Timeout` is no Exception, so nothing on the way takes
    it for a failure of its own; a database connection that it interrupts is closed.

    Raises: Overloaded
    """
    with Timeout(seconds) as timeout:
        try:
            yield
        except Timeout as ended:
            if ended is not timeout:
                raise
            raise Overloaded(f"It took longer than {seconds} s.") from None
