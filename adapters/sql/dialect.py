"""What differs from database to database, apart from the URL."""

from __future__ import annotations

import abc
import enum
from contextlib import AbstractContextManager
from typing import ClassVar

from playhouse.pool import PooledDatabase


class Fault(enum.Enum):
    """What an error of the driver means for the transaction that met it."""

    LOCKED = "another connection holds a lock: nothing was done, wait for it"
    TRANSIENT = "the same transaction may succeed on another try"
    CONFLICT = "a key or another constraint stood in the way"
    REFUSED = "the database will never take this value"
    OUTAGE = "the database cannot be used now"


class Dialect(abc.ABC):
    """One kind of database. Its methods take a pool of that kind."""

    driver_error: ClassVar[type[Exception]]
    """The root of the driver's errors: peewee lets those through that come while rows are fetched."""

    @abc.abstractmethod
    def discard(self, pool: PooledDatabase) -> None:
        """Close this thread's connection for good, so that nothing of it lives on: no lock, no transaction."""

    @abc.abstractmethod
    def fault(self, error: Exception) -> Fault:
        """What this error of peewee, of the driver or of the system means."""

    @abc.abstractmethod
    def migrating(self, pool: PooledDatabase) -> AbstractContextManager[None]:
        """An open connection, and the certainty that no other process migrates this database meanwhile."""
