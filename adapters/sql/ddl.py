"""Functions that migrations share. They make tables that mean the same on every database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peewee import SQL, Model, MySQLDatabase, PostgresqlDatabase, SchemaManager
from playhouse.pool import PooledDatabase


def binary_text(database: PooledDatabase) -> dict[str, Any]:
    """
    Return the options of a text field that compares by bytes. On MySQL the settings of the table do that. On PostgreSQL
    this is about order: an index in "C" survives every change of the system's locales.
    """
    return {"constraints": [SQL('COLLATE "C"')]} if isinstance(database, PostgresqlDatabase) else {}


def json_text(database: PooledDatabase) -> dict[str, Any]:
    """Return the options of a field that keeps JSON as it was written. PostgreSQL's own type checks it already."""
    is_mysql = isinstance(database, MySQLDatabase)
    return {"constraints": [SQL("CHECK (json_valid(details))")]} if is_mysql else {}


def table_settings(database: PooledDatabase) -> list[str]:
    """
    Return the settings of a table for `Meta.table_settings`, so that storage and text do not depend on the server's
    defaults. The collation compares bytes and, unlike utf8mb4_bin, also the spaces at the end.
    """
    if not isinstance(database, MySQLDatabase):
        return []
    [version] = database.execute_sql("SELECT VERSION()").fetchone()
    collation = "utf8mb4_nopad_bin" if "MariaDB" in version else "utf8mb4_0900_bin"
    return ["ENGINE = InnoDB", f"DEFAULT CHARACTER SET utf8mb4 COLLATE {collation}"]


def create(database: PooledDatabase, models: Sequence[type[Model]]) -> None:
    """
    Make the tables and their indexes. MySQL commits each of these steps by itself, and so does a migration that is not
    atomic. So keep the parts that a failed attempt has made, and make the rest.
    """
    for model in models:
        if not _is_left_over(database, model):
            SchemaManager(model).create_table(safe=False)
        present = {index.name for index in database.get_indexes(model._meta.table_name)}
        for index in model._meta.fields_to_index():
            if index._name not in present:  # noqa: SLF001 - peewee has no public name for it
                database.execute(index.safe(False))


def add_columns(database: PooledDatabase, table: str, columns: Mapping[str, str]) -> None:
    """Add those of these columns that the table lacks. Each has a definition that all databases accept."""
    present = {column.name for column in database.get_columns(table)}
    for name, definition in columns.items():
        if name not in present:
            database.execute_sql(f"ALTER TABLE {table} ADD COLUMN {name} {definition}")


def add_index(database: PooledDatabase, table: str, name: str, columns: Sequence[str]) -> None:
    """Make the index if it does not exist. Reads go on meanwhile; on PostgreSQL writers wait."""
    if name not in {index.name for index in database.get_indexes(table)}:
        database.execute_sql(f"CREATE INDEX {name} ON {table} ({', '.join(columns)})")


def drop_index(database: PooledDatabase, table: str, name: str) -> None:
    """Drop the index if it exists."""
    if name in {index.name for index in database.get_indexes(table)}:
        database.execute_sql(f"DROP INDEX {name}" + (f" ON {table}" if isinstance(database, MySQLDatabase) else ""))


def drop(database: PooledDatabase, models: Sequence[type[Model]]) -> None:
    """Drop the tables, also if a failed attempt has dropped some of them."""
    database.drop_tables(models, safe=True)


def _is_left_over(database: PooledDatabase, model: type[Model]) -> bool:
    table = model._meta.table_name
    if not database.table_exists(table):
        return False
    return {column.name for column in database.get_columns(table)} == set(model._meta.columns)
