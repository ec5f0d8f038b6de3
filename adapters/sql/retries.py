"""How long to try, and what it means when trying ends."""

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
"""What peewee, its pool or the system under them may raise; each dialect adds its driver's own."""

_PAUSE = 0.005
_REPEATS = 2
_REPEATS_IN_DOUBT = 2


def wait_for_lock(step: Callable[[], T], dialect: Dialect, until: float) -> T:
    """
    Take a step that another connection's lock may forbid, as soon as it is allowed.

    It sleeps in Python, never in the driver: under gevent `time.sleep` lets the other requests of this worker go on,
    while a busy time-out inside SQLite would freeze them all until the lock is free.
    """
    while True:
        try:
            return step()
        except peewee.PeeweeException as error:
            if dialect.fault(error) is not Fault.LOCKED or time.monotonic() >= until:
                raise
        time.sleep(_PAUSE)  # SQLite tells nobody when a lock is free


class Stage(enum.Enum):
    """How far an attempt came before it failed."""

    CONNECTING = enum.auto()
    BEGINNING = enum.auto()
    WORKING = enum.auto()
    COMMITTING = enum.auto()


_REPEATED_AT = {
    # Who cannot be reached now is not called again.
    Stage.CONNECTING: (),
    # A connection from the pool may have ended while it lay there.
    Stage.BEGINNING: (Fault.LOST,),
    Stage.WORKING: (Fault.LOST, Fault.LOCKED, Fault.TRANSIENT),
}


class Attempts:
    """The attempts at one piece of work: tells after each failure whether there is another."""

    def __init__(self, dialect: Dialect, lock_wait_s: float) -> None:
        self._dialect = dialect
        self._repeats = _REPEATS
        self._repeats_in_doubt = _REPEATS_IN_DOUBT
        self._in_doubt = False
        self.until = time.monotonic() + lock_wait_s
        self.stage = Stage.CONNECTING

    def retry_or_raise(self, error: Exception) -> Fault:
        """
        Return what it was if the same work is to be run again, on another connection.

        Raises: ClaimConflict, DatabaseUnavailable, CommitUnknown, Overloaded
        """
        fault = self._dialect.fault(error)
        if self.stage is Stage.COMMITTING:
            self._in_doubt = True
            if not self._repeats_in_doubt:
                raise self._outage(error) from error
            self._repeats_in_doubt -= 1
        elif fault is Fault.CONFLICT:
            # After doubt too: then it may well be one's own first attempt, as docs/protocol.md, 6.1 finds out.
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
            return Overloaded("No connection to the database is free.")
        return DatabaseUnavailable(sentence)
