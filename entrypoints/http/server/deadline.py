"""Deadlines in a gevent worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gevent import Timeout

from domain.errors import Overloaded


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """
    Interrupt this block when the time is over. `Timeout` is not an Exception, so no handler on the way treats it as a
    failure of its own. A database connection that it interrupts is closed.

    Raises: Overloaded
    """
    with Timeout(seconds) as timeout:
        try:
            yield
        except Timeout as ended:
            if ended is not timeout:
                raise
            raise Overloaded(f"It took longer than {seconds} s.") from None
