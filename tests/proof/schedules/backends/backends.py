"""Where schedules are played: twins, servers of our own, or servers that somebody else runs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias
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
    Servers,
    Store,
    memory_database,
    on_machines,
    redis_store,
    sql_database,
    twins,
)
from tests.servers.postgresql import running_postgresql
from tests.servers.valkey import running_valkey

Place: TypeAlias = Callable[[], Servers]
"""Gives the servers of one schedule, with nothing on them."""


@contextmanager
def memory() -> Iterator[Place]:
    """Twins, new ones each time."""
    yield twins


@contextmanager
def own_store() -> Iterator[Place]:
    """
    A Valkey of this block alone, with a twin of the database.

    Raises: ServerMissing
    """
    with _own_store() as store:
        yield lambda: on_machines(store, memory_database)


@contextmanager
def own_servers() -> Iterator[Place]:
    """
    A Valkey and a PostgreSQL of this block alone.

    Raises: ServerMissing
    """
    with (
        _own_store() as store,
        TemporaryDirectory(prefix="proof-") as folder,
        running_postgresql(Path(folder) / "postgresql") as postgresql,
        _migrated(open_database(postgresql.create_database("proof"))) as database,
    ):
        yield partial(on_machines, store, partial(sql_database, Transactions(database)))


@contextmanager
def given_servers(settings: Settings) -> Iterator[Place]:
    """
    The servers that these settings name. All keys have a prefix of their own, all tables are in a schema of their own,
    and both are gone afterwards.

    Raises: SettingsError, StoreUnavailable, DatabaseUnavailable (also where the schema may not be made)
    """
    if settings.redis_url is None:
        raise SettingsError("QUOTES_REDIS_URL is missing")
    tls = Tls(settings.redis_ca, settings.redis_cert, settings.redis_key)
    run = f"proof-{secrets.token_hex(4)}"
    with closing(connect(settings.redis_url, tls=tls)) as client, own_schema(settings.database_url, run) as database:
        store = redis_store(client, run)
        store.quotes.check()
        yield partial(on_machines, store, partial(sql_database, Transactions(database)))


PLACES: dict[str, Callable[[], AbstractContextManager[Place]]] = {
    "memory": memory,
    "valkey": own_store,
    "valkey+postgresql": own_servers,
}


@contextmanager
def _own_store() -> Iterator[Store]:
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
    The database of that URL with a schema of that name, of this block alone: a file beside the file, a schema, or, as
    MySQL has no other word for it, a database.
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
            with _made(url, f'CREATE SCHEMA "{name}"', f'DROP SCHEMA "{name}" CASCADE'):
                database = open_database(url)
                database.pool.connect_params["options"] += f" -c search_path={name}"
                with _migrated(database) as migrated:
                    yield migrated
        case _:
            with _made(url, f"CREATE DATABASE `{name}`", f"DROP DATABASE `{name}`"):
                own = urlsplit(url)._replace(path=f"/{name}").geturl()
                with _migrated(open_database(own)) as migrated:
                    yield migrated


@contextmanager
def _made(url: str, make: str, drop: str) -> Iterator[None]:
    with closing(open_database(url)) as database:
        run = Transactions(database).read
        try:
            run(lambda pool: pool.execute_sql(make))
        except DatabaseUnavailable as error:
            lacks = "The database's user must be allowed to make and drop a schema of its own"
            raise DatabaseUnavailable(f"{lacks}: {error}") from error
        try:
            yield
        finally:
            run(lambda pool: pool.execute_sql(drop))


@contextmanager
def _migrated(database: SqlDatabase) -> Iterator[SqlDatabase]:
    try:
        migrate(database)
        yield database
    finally:
        database.close()
