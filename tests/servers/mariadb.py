"""MariaDB from the system's package, such as Debian's `mariadb-server-core`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pymysql
from pymysql.constants import ER

from tests.secrecy import watch
from tests.secrecy.rows import STATEMENTS
from tests.servers.process import ServerMissing
from tests.servers.sql import TIMEOUT_S, USER, SqlServer, running

_ADMINISTRATOR = "root"
_COLUMNS = """
SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position
"""
_TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")


@contextmanager
def running_mariadb(folder: Path) -> Iterator[MariadbServer]:
    """
    Run a MariaDB for this block alone, with its data in that folder.

    Raises: ServerMissing
    """
    with running(MariadbServer(folder)) as server:
        yield server


class MariadbServer(SqlServer):
    """
    One mariadbd that reads no configuration of the machine.

    It keeps its default character set and collation (latin1, without regard to case and accents). A service that needs
    others must set them.
    """

    scheme = "mysql"
    quote = "`"
    columns = _COLUMNS
    ends_on = signal.SIGTERM

    def ready(self) -> bool:
        try:
            with closing(self.connect(None)) as connection, connection.cursor() as cursor:
                return bool(cursor.execute("SELECT true"))
        except pymysql.OperationalError:
            return False

    def connect(self, database: str | None) -> pymysql.Connection[Any]:
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER if database else _ADMINISTRATOR,
            password=self.password,
            database=database,
            connect_timeout=TIMEOUT_S,
            read_timeout=TIMEOUT_S,
            write_timeout=TIMEOUT_S,
            autocommit=True,
            ssl_disabled=True,  # the server has no certificate, and reading the system's takes 20 ms of CPU
        )

    def _create(self, database: str) -> None:
        with closing(self.connect(None)) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{database}`")
            cursor.execute(f"GRANT ALL ON `{database}`.* TO {USER}")

    def _drop(self, database: str) -> None:
        with closing(self.connect(None)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", [database])
            for (client,) in cursor.fetchall():  # an open transaction would lock the tables
                with unless_it_has_ended():
                    cursor.execute(f"KILL {client}")
            cursor.execute(f"DROP DATABASE IF EXISTS `{database}`")

    def _initialise(self) -> None:
        self.data.mkdir()
        share = next((path for path in _shares() if (path / _TABLES[0]).exists()), None)
        if not share:
            raise ServerMissing(f"mariadbd is here without its {_TABLES[0]}: install mariadb-server-core")
        statements = [
            "CREATE DATABASE mysql;",
            "USE mysql;",
            *((share / name).read_text() for name in _TABLES),
            "FLUSH PRIVILEGES;",  # else no account can be made here
            f"SET PASSWORD FOR {_ADMINISTRATOR}@'127.0.0.1' = PASSWORD('{self.password}');",
            f"CREATE USER {USER} IDENTIFIED BY '{self.password}';",
        ]
        command = [*self._command(), "--bootstrap"]
        done = subprocess.run(command, input="\n".join(statements), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _command(self) -> list[str]:
        binary = _binary()
        return [
            str(binary),
            "--no-defaults",
            f"--basedir={binary.parent.parent}",
            f"--datadir={self.data}",
            f"--tmpdir={self.data.parent}",  # a starting server deletes the files of others in a shared folder
            *(["--user=root"] if os.geteuid() == 0 else []),
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            "--socket=mariadb.sock",  # relative to the data folder, since a whole path may exceed the limit of a socket
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-log-file-size=8M",
            "--innodb-buffer-pool-size=32M",
            *(["--general-log", f"--general-log-file={self.log.with_name(STATEMENTS)}"] if watch.current() else []),
        ]


def _binary() -> Path:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("mariadbd", path=path)
    if not found:
        raise ServerMissing("no mariadbd here: install mariadb-server-core")
    return Path(found)


def _shares() -> list[Path]:
    prefix = _binary().parent.parent
    return [prefix / "share" / "mysql", prefix / "share" / "mariadb"]


@contextmanager
def unless_it_has_ended() -> Iterator[None]:
    """Ignore that a listed thread of MariaDB has ended meanwhile."""
    try:
        yield
    except pymysql.err.OperationalError as error:
        if error.args[0] != ER.NO_SUCH_THREAD:
            raise
