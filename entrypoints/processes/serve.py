"""`quotes serve`: the whole service on one machine, with a server and a key of its own if the settings name none."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from entrypoints.bootstrap import migrate
from entrypoints.processes.data_folder import DataFolder
from entrypoints.processes.embedded_valkey import URL_FILE, EmbeddedValkey
from entrypoints.processes.errors import EmbeddedError, ReconcilerFailed, ServerFailed, WebServerFailed
from entrypoints.processes.reconciler_process import ReconcilerProcess
from entrypoints.processes.supervisor import StopAsked, Supervisor
from entrypoints.processes.web_server import WebServer
from entrypoints.settings.setting import PREFIX
from entrypoints.settings.settings import Settings, SettingsError
from entrypoints.settings.values import Address

_BACKLOG = 1024
_DATABASE_FILE = "database.sha256"
"""The file with a hash of the service's database URL. A command with another database does not get its servers."""


class ServeError(Exception):
    """The service cannot start, or stopped by itself. It has a message of one line, and an exit status."""

    def __init__(self, message: str, exit_status: int) -> None:
        super().__init__(message)
        self.exit_status = exit_status


def serve(settings: Settings, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """
    Run the service until it is stopped. When this returns, all its child processes have ended.

    Raises: ServeError, SettingsError, DatabaseUnavailable
    """
    _keep_private()
    with _translated(), listening(settings.bind) as listener, data_folder(settings) as folder, Supervisor() as running:
        with contextlib.suppress(StopAsked):
            _run(settings, environ, say, listener, folder, running)
        say("Stopping. Press Ctrl-C again to kill the service.")
    if running.killed:
        raise ServeError("killed before it had stopped; the work of the last second may be lost", 1)


def prepare(settings: Settings) -> list[str]:
    """
    Apply the missing migrations to the database, and return their names.

    Raises: ServeError, DatabaseUnavailable
    """
    _keep_private()
    if settings.uses_data_dir:
        with _translated():
            DataFolder(settings.data_dir).create()
    return migrate(settings)


def attached(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """
    Return the settings, with the server and the key of a running `quotes serve` if they lack these.

    Commands beside `quotes serve` find both in its data folder. A value that the folder lacks stays missing.

    Raises: ServeError
    """
    folder = DataFolder(settings.data_dir)
    found = {}
    with _translated():
        if settings.redis_url is None and folder.read(_DATABASE_FILE) not in ("", _fingerprint(settings)):
            raise ServeError(f"Set QUOTES_REDIS_URL too; the service in {settings.data_dir}/ has another database", 2)
        if settings.secret_keys is None and (keys := folder.read("secret.keys")):
            found["QUOTES_SECRET_KEYS"] = keys
        if settings.redis_url is None and (url := folder.read(URL_FILE)):
            found["QUOTES_REDIS_URL"] = url
    return _resolved({**environ, **found}, folder) if found else settings


@contextlib.contextmanager
def listening(bind: Address) -> Iterator[socket.socket]:
    """
    Open a socket that listens at this address. Requests wait in it until the web server accepts them.

    Raises: ServeError
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(*bind, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise _cannot_listen(bind, error) from error
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError as error:
            raise _cannot_listen(bind, error) from error
        yield listener


@contextlib.contextmanager
def data_folder(settings: Settings) -> Iterator[DataFolder]:
    """Open the data folder, and lock it if the service keeps data in it."""
    folder = DataFolder(settings.data_dir)
    if settings.uses_data_dir:
        folder.open()
    try:
        yield folder
    finally:
        folder.close()


def _run(
    settings: Settings,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    listener: socket.socket,
    folder: DataFolder,
    running: Supervisor,
) -> None:
    given = {
        name: value for name, value in environ.items() if name in settings.explicit or name[: len(PREFIX)] != PREFIX
    }
    given |= _embedded(settings, folder, running)
    resolved = _resolved(given, folder)
    prepare(resolved)
    if settings.uses_data_dir:
        folder.put(_DATABASE_FILE, _fingerprint(resolved))
    port = listener.getsockname()[1]
    web = running.add(WebServer(listener, given))
    running.wait_until(web.ready)
    running.add(ReconcilerProcess(given))
    data = f"data in {settings.data_dir}/; " if settings.uses_data_dir else ""
    say(f"Quotehold is ready on http://{settings.bind._replace(port=port)} ({data}Ctrl-C stops it)")
    running.watch()


def _embedded(settings: Settings, folder: DataFolder, running: Supervisor) -> dict[str, str]:
    """Start the server and make the key that the settings lack, and return both as settings."""
    found = {}
    if settings.secret_keys is None:
        found["QUOTES_SECRET_KEYS"] = folder.secret_keys()
    if settings.redis_url is None:
        valkey = running.add(EmbeddedValkey(folder))
        valkey.start()
        running.wait_until(valkey.ready)
        found["QUOTES_REDIS_URL"] = valkey.url
    return found


def _resolved(environ: Mapping[str, str], folder: DataFolder) -> Settings:
    try:
        return Settings.from_environ(environ)
    except SettingsError as error:
        # The given settings were fine, so the error is in the folder.
        raise ServeError(f"Restore {folder.path / 'secret.keys'} from a backup; it was damaged: {error}", 1) from error


def _fingerprint(settings: Settings) -> str:
    """Return a hash of the database's URL. All paths of one SQLite file have the same hash."""
    scheme, _, file = settings.database_url.partition(":///")
    url = f"{scheme}:///{Path(file).resolve()}" if scheme == "sqlite" else settings.database_url
    return hashlib.sha256(url.encode()).hexdigest()


def _keep_private() -> None:
    """Make all new files private to their owner, such as databases. Child processes inherit this."""
    os.umask(0o077)


def _cannot_listen(bind: Address, error: OSError) -> ServeError:
    return ServeError(f"Set QUOTES_BIND to another address; cannot listen on {bind}: {error.strerror or error}", 1)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (ServerFailed, WebServerFailed, ReconcilerFailed) as error:
        raise ServeError(str(error), 3) from error
    except EmbeddedError as error:
        raise ServeError(str(error), 1) from error
