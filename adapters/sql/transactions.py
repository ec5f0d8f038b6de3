"""Runs work in transactions, whatever becomes of the connection."""

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
"""Statements on the database that it is given. It may be run several times, and has no other effect."""

LOCK_WAIT_S = 3.0
"""Seconds that one piece of work waits for the locks of others."""


@dataclass(frozen=True, slots=True)
class Transactions:
    """
    The one way to the database. Errors of the vendor end here.

    Work that failed before COMMIT was sent is repeated where that can help, at most twice. An error at COMMIT says
    nothing about its fate: the connection is thrown away and the same work runs again, so it must be work that finds
    out for itself whether it was done, by a key that is its own.
    """

    database: SqlDatabase
    lock_wait_s: float = LOCK_WAIT_S

    def write(self, work: Work[T]) -> T:
        """
        Commit all of the work or nothing; what the work itself raises undoes it.

        Raises: ClaimConflict (a constraint), CommitUnknown, DatabaseUnavailable, Overloaded
        """
        return self._run(lambda attempts: self._transaction(work, attempts))

    def read(self, work: Work[T]) -> T:
        """
        Run statements that change nothing, each by itself.

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
                    # What has become of this connection has become of those that lay idle beside it.
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
        """A connection for this thread. Only one that is known to be sound and idle goes back to the pool."""
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
                # The database answered as it should: only this transaction is over.
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
        except BaseException:  # gevent.Timeout is no Exception
            # Where a deadline strikes, as it closes one that is too old, its place would count as taken for ever.
            dialect.discard(pool, connection)
            raise


@contextmanager
def _slot(slots: Slots, seconds: float) -> Iterator[None]:
    if not slots.acquire(max(0.0, seconds)):
        raise MaxConnectionsExceeded("Too many requests wait for the database.")
    try:
        yield
    finally:
        slots.release()
