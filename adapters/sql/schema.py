"""The version of the schema: all migrations, and the ones that this database has had."""

from __future__ import annotations

from pathlib import Path

from playhouse.migrations import Runner

from adapters.sql.database import SqlDatabase
from adapters.sql.retries import VENDOR_ERRORS
from adapters.sql.transactions import Transactions
from domain.errors import DatabaseUnavailable

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: SqlDatabase) -> list[str]:
    """
    Bring the schema up to date, and return the names of the applied migrations. Any number of processes may call this
    at once: one works, and the others wait.

    Raises: DatabaseUnavailable
    """
    try:
        with database.dialect.migrating(database.pool):
            return _runner(database).up()
    except (*VENDOR_ERRORS, database.dialect.driver_error) as error:
        raise DatabaseUnavailable(f"The migration failed: {database.dialect.sentence(error)}") from error


def pending(database: SqlDatabase) -> list[str]:
    """
    Return the names of the migrations that this database has not had, in their order.

    Raises: DatabaseUnavailable, Overloaded
    """
    status = Transactions(database).read(lambda _: _runner(database).status())
    return [migration.name for migration in status if migration.path and not migration.applied]


def _runner(database: SqlDatabase) -> Runner:
    return Runner(database.pool, str(_MIGRATIONS))
