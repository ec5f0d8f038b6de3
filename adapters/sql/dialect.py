"""What differs from database to database, apart from the URL."""

from __future__ import annotations

import abc
import enum
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from adapters.sql.pool import ProcessPool


class Fault(enum.Enum):
    """What an error of the driver means for the transaction that met it."""

    LOCKED = "another connection holds a lock: nothing was done, wait for it"
    TRANSIENT = "the same transaction may succeed on another try"
    LOST = "this connection is of no more use; the same transaction may succeed on another one"
    CONFLICT = "a key or another constraint stood in the way"
    REFUSED = "the database will never take this value"
    OUTAGE = "the database cannot be used now"


class Dialect(abc.ABC):
    """One kind of database. Its methods take a pool of that kind."""

    driver_error: ClassVar[type[Exception]]
    """The root of the driver's errors: peewee lets those through that come while rows are fetched."""

    def discard(self, pool: ProcessPool, connection: Any) -> None:
        """Close this thread's connection for good, so that nothing of it lives on: no lock, no transaction."""
        pool.abandon(connection)

    @abc.abstractmethod
    def fault(self, error: Exception) -> Fault:
        """What this error of peewee, of the driver or of the system means."""

    @abc.abstractmethod
    def sentence(self, error: Exception) -> str:
        """What happened, on one line, without the values that it happened to: they may be a customer's."""

    @abc.abstractmethod
    def migrating(self, pool: ProcessPool) -> AbstractContextManager[None]:
        """An open connection, and the certainty that no other process migrates this database meanwhile."""


def cause(error: Exception) -> Exception:
    """The driver's error, of which peewee's is a copy without its fields."""
    original: Exception = getattr(error, "orig", error)
    return original
