"""Transactions, with retries after faults of the connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import peewee
from playhouse.pool import MaxConnectionsExceeded

from adapters.sql.database import SqlDatabase
from adapters.sql.dialect import Fault
from adapters.sql.pool import Slots
from adapters.sql.retries import VENDOR_ERRORS, Attempts, Stage, wait_for_lock
from domain.errors import Signal

T = TypeVar("T")
Work: TypeAlias = Callable[[peewee.Database], T]
"""A function of statements on the given database. It may be run several times, so it must have no other effect."""

LOCK_WAIT_S = 3.0
"""Seconds for which one piece of work waits for other connections' locks."""


@dataclass(frozen=True, slots=True)
class Transactions:
    """
    The only access to the database. It translates the errors of the vendors.

    Work that failed before COMMIT was sent is repeated if that can help, at most twice. After an error at COMMIT its
    fate is unknown: the connection is thrown away, and the same work runs again. So the work must be able to detect, by
    a key of its own, that it was done already.
    """

    database: SqlDatabase
    lock_wait_s: float = LOCK_WAIT_S

    def write(self, work: Work[T]) -> T:
        """
        Commit all of the work or nothing, and return its result. An exception of the work undoes it.

        Raises: ClaimConflict (a constraint is violated), CommitUnknown, DatabaseUnavailable, Overloaded
        """
        return self._run(lambda attempts: self._transaction(work, attempts))

    def read(self, work: Work[T]) -> T:
        """
        Run statements that change nothing, each by itself, and return the result.

        Raises: DatabaseUnavailable, Overloaded
        """
        return self._run(lambda attempts: self._statements(work, attempts))

    def _run(self, attempt: Callable[[Attempts], T]) -> T:
        attempts = Attempts(self.database.dialect, self.lock_wait_s)
        while True:
            try:
                return attempt(attempts)
            except (*VENDOR_ERRORS, self.database.dialect.driver_error) as error:
                if attempts.retry_or_raise(error) is Fault.LOST:
                    # The idle connections beside this one are lost in the same way.
                    self.database.pool.close_idle()

    def _transaction(self, work: Work[T], attempts: Attempts) -> T:
        pool, dialect = self.database.pool, self.database.dialect
        with _slot(self.database.writers, attempts.until - time.monotonic()), self._connection(attempts):
            wait_for_lock(pool.begin, dialect, attempts.until)
            attempts.stage = Stage.WORKING
            result = work(pool)
            attempts.stage = Stage.COMMITTING
            pool.commit()
        return result

    def _statements(self, work: Work[T], attempts: Attempts) -> T:
        pool, dialect = self.database.pool, self.database.dialect
        with self._connection(attempts):
            attempts.stage = Stage.WORKING
            return wait_for_lock(lambda: work(pool), dialect, attempts.until)

    @contextmanager
    def _connection(self, attempts: Attempts) -> Iterator[None]:
        """Take a connection for this thread. It goes back to the pool only if it is known to be sound and idle."""
        pool, dialect = self.database.pool, self.database.dialect
        with _slot(self.database.slots, self.database.pool_wait_s):
            wait_for_lock(pool.connect, dialect, attempts.until)
            attempts.stage = Stage.BEGINNING
            connection = pool.connection()
            is_sound = False
            try:
                yield
                is_sound = True
            except (peewee.IntegrityError, Signal):
                # The database answered in order: only this transaction is over, and the connection is sound.
                pool.rollback()
                is_sound = True
                raise
            finally:
                # Also for a BaseException such as gevent.Timeout: the last statement's answer may still be on its way.
                if is_sound:
                    self._give_back(connection)
                else:
                    dialect.discard(pool, connection)

    def _give_back(self, connection: Any) -> None:
        pool, dialect = self.database.pool, self.database.dialect
        try:
            pool.close()
        except BaseException:  # gevent.Timeout is not an Exception
            # If a deadline strikes while an old connection is closed, its place would count as taken for ever.
            dialect.discard(pool, connection)
            raise


@contextmanager
def _slot(slots: Slots, seconds: float) -> Iterator[None]:
    if not slots.acquire(max(0.0, seconds)):
        raise MaxConnectionsExceeded("Try again: too many requests wait for the database.")
    try:
        yield
    finally:
        slots.release()
