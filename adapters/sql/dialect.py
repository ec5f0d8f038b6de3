"""The differences between the databases, apart from their URLs."""

from __future__ import annotations

import abc
import enum
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from adapters.sql.pool import ProcessPool


class Fault(enum.Enum):
    """The meaning of a driver's error for the transaction that met it."""

    LOCKED = "another connection holds a lock: nothing was done, wait for it"
    TRANSIENT = "the same transaction may succeed on another try"
    LOST = "this connection cannot be used any more; the same transaction may succeed on another one"
    CONFLICT = "a key or another constraint is violated"
    REFUSED = "the database will never take this value"
    OUTAGE = "the database cannot be used now"


class Dialect(abc.ABC):
    """One kind of database. Its methods take a pool of that kind."""

    driver_error: ClassVar[type[Exception]]
    """The root of the driver's errors: peewee does not translate errors that come while rows are fetched."""

    def discard(self, pool: ProcessPool, connection: Any) -> None:
        """Close this thread's connection for good, so that none of its locks and transactions survives."""
        pool.abandon(connection)

    @abc.abstractmethod
    def fault(self, error: Exception) -> Fault:
        """Return the meaning of this error of peewee, of the driver or of the system."""

    @abc.abstractmethod
    def sentence(self, error: Exception) -> str:
        """Describe the error on one line, without values of the row: they may be a customer's."""

    @abc.abstractmethod
    def migrating(self, pool: ProcessPool) -> AbstractContextManager[None]:
        """Open a connection, and keep other processes from migrating this database meanwhile."""


def cause(error: Exception) -> Exception:
    """Return the driver's error. Peewee's error is a copy of it without its fields."""
    original: Exception = getattr(error, "orig", error)
    return original
