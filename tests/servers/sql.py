"""A SQL server of any kind, as the tests use it."""

from __future__ import annotations

import abc
import secrets
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.secrecy import watch
from tests.secrecy.rows import keep_rows
from tests.servers.process import ServerProcess, claimed_port
from tests.support.waiting import eventually

USER = "quotes"
TIMEOUT_S = 5
"""Seconds for which a connection of a test waits for a server that may hang."""
_STARTING = 60.0


class SqlServer(abc.ABC):
    """
    A server on a port of its own on 127.0.0.1, with its data in one folder.

    Committed rows survive `kill`, but not the end of the machine. The databases belong to `USER`, which is not an
    administrator.
    """

    scheme: str
    ends_on: signal.Signals
    quote: str
    """The character around a name in a statement."""
    columns: str
    """A statement that returns the schema, table, name and type of each column, table by table."""
    log_name = "server.log"

    def __init__(self, folder: Path) -> None:
        """Fill the folder. Raises: ServerMissing"""
        self.data = folder.absolute() / "data"
        self.log = folder.absolute() / self.log_name
        self._databases: set[str] = set()
        self.password = secrets.token_hex(12)
        self._process: ServerProcess | None = None
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as claims:
            self.port = claimed_port(claims)
            self._initialise()
            self.ports = claims.pop_all()
            """Holds the port until it is closed."""

    @abc.abstractmethod
    def _initialise(self) -> None:
        """Make the data folder, with the administrator and `USER` in it."""

    @abc.abstractmethod
    def _command(self) -> list[str]: ...

    @abc.abstractmethod
    def connect(self, database: str | None) -> Any:
        """Return a new connection that commits each statement: as USER, or as the administrator without a database."""

    @abc.abstractmethod
    def ready(self) -> bool:
        """Tell whether the server answers a query."""

    @abc.abstractmethod
    def _create(self, database: str) -> None: ...

    @abc.abstractmethod
    def _drop(self, database: str) -> None: ...

    def create_database(self, name: str) -> str:
        """Create an empty database with the server's defaults, and return its URL."""
        self._create(name)
        self._databases.add(name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop the database and close its connections; do nothing if it is missing."""
        if name in self._databases:
            keep_rows(self, name)
            self._databases.remove(name)
        self._drop(name)

    def keep(self) -> None:
        """Save the remaining rows, if the search for secrets is on."""
        if self._process and self._process.is_running():
            for name in self._databases:
                keep_rows(self, name)

    def url(self, database: str) -> str:
        return f"{self.scheme}://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def fetch(self, database: str, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """Return the rows that a new connection sees, so only committed rows."""
        with closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return list(cursor.fetchall())

    def execute(self, database: str, sql: str, *params: object) -> None:
        """Run and commit one statement, on a new connection."""
        with closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, params or None)

    @property
    def pid(self) -> int:
        return self._running.pid

    def start(self) -> None:
        """Start the server, always on the same port, and wait until it is ready."""
        self._process = ServerProcess(self._command(), self.log)
        eventually(self._has_started, _STARTING)

    def stop(self) -> None:
        """End the server cleanly, without waiting for its clients."""
        self._running.stop(self.ends_on)

    def kill(self) -> None:
        """Kill all processes of the server, also if they are paused; do nothing if it has ended."""
        if self._process:
            self._process.kill()

    def pause(self) -> None:
        """Let the server hang, with open connections, until `resume`."""
        self._running.pause()

    def resume(self) -> None:
        self._running.resume()

    def last_words(self) -> str:
        """Return the last 20 lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    @property
    def _running(self) -> ServerProcess:
        assert self._process, "the server was never started"
        return self._process

    def _has_started(self) -> bool:
        assert self._running.is_running(), f"{type(self).__name__} ended while starting:\n{self.last_words()}"
        return self.ready()


S = TypeVar("S", bound=SqlServer)


@contextmanager
def running(server: S) -> Iterator[S]:
    """Start the server and wait until it is ready; kill it at the end of the block, also if it is paused."""
    try:
        server.start()
        yield server
    finally:
        server.keep()
        server.kill()
        server.ports.close()
        watch.keep_files(server.data.parent, "*.log")
