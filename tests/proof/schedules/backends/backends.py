"""The backends by name: in memory, servers started by the tests, or servers that the settings name."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from redis import Redis

from adapters.redis.client import connect
from adapters.redis.options import Tls
from adapters.sql.database import SqlDatabase, open_database
from adapters.sql.schema import migrate
from adapters.sql.transactions import Transactions
from domain.errors import DatabaseUnavailable
from entrypoints.settings.settings import Settings, SettingsError
from tests.proof.schedules.backends.backend import (
    Backend,
    Store,
    in_memory_backend,
    in_memory_database,
    real_time_backend,
    redis_store,
    sql_database,
)
from tests.servers.postgresql import running_postgresql
from tests.servers.valkey import running_valkey

BackendFactory: TypeAlias = Callable[[], Backend]
"""Returns the backend of one simulation, empty."""


@contextmanager
def in_memory() -> Iterator[BackendFactory]:
    """Yield in-memory backends, a new one each time."""
    yield in_memory_backend


@contextmanager
def own_valkey() -> Iterator[BackendFactory]:
    """
    Start a Valkey for this block; the database is in memory.

    Raises: ServerMissing
    """
    with _own_valkey() as store:
        yield lambda: real_time_backend(store, in_memory_database)


@contextmanager
def own_valkey_and_postgresql() -> Iterator[BackendFactory]:
    """
    Start a Valkey and a PostgreSQL for this block.

    Raises: ServerMissing
    """
    with (
        _own_valkey() as store,
        TemporaryDirectory(prefix="proof-") as folder,
        running_postgresql(Path(folder) / "postgresql") as postgresql,
        _migrated(open_database(postgresql.create_database("proof"))) as database,
    ):
        yield partial(real_time_backend, store, partial(sql_database, Transactions(database)))


@contextmanager
def given_servers(settings: Settings) -> Iterator[BackendFactory]:
    """
    Use the servers of these settings.

    All keys have a prefix of this block, all tables are in a schema of this block. Both are deleted at its end.

    Raises: SettingsError, StoreUnavailable, DatabaseUnavailable (also if the schema may not be created)
    """
    if settings.redis_url is None:
        raise SettingsError("set QUOTES_REDIS_URL: it is missing")
    tls = Tls(settings.redis_ca, settings.redis_cert, settings.redis_key)
    run = f"proof-{secrets.token_hex(4)}"
    with closing(connect(settings.redis_url, tls=tls)) as client, own_schema(settings.database_url, run) as database:
        store = redis_store(client, run)
        store.quotes.check()
        yield partial(real_time_backend, store, partial(sql_database, Transactions(database)))


BACKENDS: dict[str, Callable[[], AbstractContextManager[BackendFactory]]] = {
    "memory": in_memory,
    "valkey": own_valkey,
    "valkey+postgresql": own_valkey_and_postgresql,
}


@contextmanager
def _own_valkey() -> Iterator[Store]:
    with (
        TemporaryDirectory(prefix="proof-") as folder,
        running_valkey(Path(folder) / "valkey") as valkey,
        closing(Redis.from_url(valkey.url)) as admin,
        closing(connect(valkey.url)) as client,
    ):
        yield redis_store(client, "own", admin)


@contextmanager
def own_schema(url: str, name: str) -> Iterator[SqlDatabase]:
    """
    Create a schema of that name for this block.

    SQLite: a file beside the file. MySQL: a database, since it has no schemas.
    """
    match urlsplit(url).scheme:
        case "sqlite":
            file = Path(f"{urlsplit(url).path[1:]}-{name}")
            try:
                with _migrated(open_database(f"sqlite:///{file}")) as database:
                    yield database
            finally:
                for left in file.parent.glob(f"{file.name}*"):
                    left.unlink()
        case "postgresql":
            with _created(url, f'CREATE SCHEMA "{name}"', f'DROP SCHEMA "{name}" CASCADE'):
                database = open_database(url)
                database.pool.connect_params["options"] += f" -c search_path={name}"
                with _migrated(database) as migrated:
                    yield migrated
        case _:
            with _created(url, f"CREATE DATABASE `{name}`", f"DROP DATABASE `{name}`"):
                own = urlsplit(url)._replace(path=f"/{name}").geturl()
                with _migrated(open_database(own)) as migrated:
                    yield migrated


@contextmanager
def _created(url: str, create: str, drop: str) -> Iterator[None]:
    with closing(open_database(url)) as database:
        run = Transactions(database).read
        try:
            run(partial(_execute, create))
        except DatabaseUnavailable as error:
            lacks = "The database's user must be allowed to make and drop a schema of its own"
            raise DatabaseUnavailable(f"{lacks}: {error}") from error
        try:
            yield
        finally:
            run(partial(_execute, drop))


def _execute(sql: str, pool: Any) -> None:
    pool.execute_sql(sql)  # peewee's method has no types


@contextmanager
def _migrated(database: SqlDatabase) -> Iterator[SqlDatabase]:
    try:
        migrate(database)
        yield database
    finally:
        database.close()
