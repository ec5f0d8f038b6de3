"""The retries of a transaction: their number and duration, and the error when they end."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from typing import TypeVar

import peewee
from playhouse.pool import MaxConnectionsExceeded

from adapters.sql.dialect import Dialect, Fault
from domain.errors import ClaimConflict, CommitUnknown, DatabaseUnavailable, Overloaded, QuoteholdError

T = TypeVar("T")

VENDOR_ERRORS = (peewee.PeeweeException, MaxConnectionsExceeded, OSError)
"""The errors of peewee, of its pool and of the system. Each dialect adds its driver's own errors."""

_PAUSE = 0.005
_REPEATS = 2
_REPEATS_IN_DOUBT = 2


def wait_for_lock(step: Callable[[], T], dialect: Dialect, until: float) -> T:
    """
    Take a step as soon as no other connection's lock forbids it, or raise the error after the time `until`.

    The wait is in Python, never in the driver. Under gevent, `time.sleep` lets the other requests of this worker go on,
    while a busy time-out inside SQLite would freeze all of them until the lock is free.
    """
    while True:
        try:
            return step()
        except peewee.PeeweeException as error:
            if dialect.fault(error) is not Fault.LOCKED or time.monotonic() >= until:
                raise
        time.sleep(_PAUSE)  # SQLite does not signal when a lock is free


class Stage(enum.Enum):
    """The stage that an attempt has reached."""

    CONNECTING = enum.auto()
    BEGINNING = enum.auto()
    WORKING = enum.auto()
    COMMITTING = enum.auto()


_REPEATED_AT = {
    # A server that cannot be reached now is not called again.
    Stage.CONNECTING: (),
    # A connection may have ended while it was idle in the pool.
    Stage.BEGINNING: (Fault.LOST,),
    Stage.WORKING: (Fault.LOST, Fault.LOCKED, Fault.TRANSIENT),
}


class Attempts:
    """The attempts at one piece of work. They decide after each failure whether there is another attempt."""

    def __init__(self, dialect: Dialect, lock_wait_s: float) -> None:
        self._dialect = dialect
        self._repeats = _REPEATS
        self._repeats_in_doubt = _REPEATS_IN_DOUBT
        self._in_doubt = False
        self.until = time.monotonic() + lock_wait_s
        self.stage = Stage.CONNECTING

    def retry_or_raise(self, error: Exception) -> Fault:
        """
        Return the kind of fault if the same work is to be run again, on another connection. Otherwise raise.

        Raises: ClaimConflict, DatabaseUnavailable, CommitUnknown, Overloaded
        """
        fault = self._dialect.fault(error)
        if self.stage is Stage.COMMITTING:
            self._in_doubt = True
            if not self._repeats_in_doubt:
                raise self._outage(error) from error
            self._repeats_in_doubt -= 1
        elif fault is Fault.CONFLICT:
            # Also after an unknown COMMIT: the conflict may be with the first attempt itself (docs/protocol.md, 6.1).
            raise ClaimConflict(self._dialect.sentence(error)) from error
        elif self._repeats and fault in _REPEATED_AT[self.stage]:
            self._repeats -= 1
        else:
            raise self._outage(error) from error
        self.stage = Stage.CONNECTING
        return fault

    def _outage(self, error: Exception) -> QuoteholdError:
        sentence = self._dialect.sentence(error)
        if self._in_doubt:
            return CommitUnknown(sentence)
        if isinstance(error, MaxConnectionsExceeded):
            return Overloaded("Try again: all connections to the database are in use.")
        return DatabaseUnavailable(sentence)
