"""One process of Redis or Valkey: a server, a member of a cluster, or a sentinel."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from tests.secrecy import watch
from tests.secrecy.stores import keep_store, watched
from tests.servers.process import ServerProcess
from tests.servers.site import Site
from tests.support.waiting import eventually

_STARTING = 60.0


class Node:
    """
    A process on a port of its own, with its configuration and data in a folder of its own, which survive a restart.

    `kill` ends the process but not the machine, so no acknowledged write is lost.
    """

    def __init__(self, site: Site, name: str, lines: Sequence[str], *, sentinel: bool = False) -> None:
        self.port = site.port()
        self.folder = site.folder.absolute() / name
        self.folder.mkdir(parents=True)
        self._site = site
        self._config = self.folder / "server.conf"
        self._is_sentinel = sentinel
        told = [] if sentinel else watched()
        self.configure(*site.listening(self.port), f"dir {self.folder}", *told, *lines)
        self._command = [str(site.binary), str(self._config), *(["--sentinel"] if sentinel else [])]
        self._process: ServerProcess | None = None
        self._paused = False

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def is_awake(self) -> bool:
        """Tell whether the process runs and is not paused."""
        return self._process is not None and self._process.is_running() and not self._paused

    def admin(self) -> Redis:
        """Return a client of the administrator; the caller closes it."""
        return self._site.client(self.port)

    def ask(self, *command: bytes | str | int) -> Any:
        """Send a command as the administrator, and return the answer."""
        with self.admin() as client:
            return client.execute_command(*command)

    def configure(self, *lines: str) -> None:
        """Add lines to its configuration, for the next start."""
        with self._config.open("a") as config:
            config.writelines(f"{line}\n" for line in lines)

    def launch(self) -> None:
        """Start the process, without waiting until it answers."""
        self._process = ServerProcess(self._command, self.folder / "server.log")
        self._paused = False

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        self.launch()
        eventually(self.ready, _STARTING)

    def ready(self) -> bool:
        """Tell whether the server answers."""
        assert self.is_awake, f"{self._command} ended while starting:\n{self.last_words()}"
        with self.admin() as client, suppress(RedisError):
            return bool(client.ping())
        return False

    def kill(self) -> None:
        """Kill the process, also if it is paused; do nothing if it has ended."""
        if self._process:
            self._process.kill()

    def stop(self) -> None:
        """End the process cleanly."""
        self._running.stop(signal.SIGTERM)

    def pause(self) -> None:
        """Let the process hang, with open connections, until `resume`."""
        self._paused = True
        self._running.pause()

    def resume(self) -> None:
        self._running.resume()
        self._paused = False

    def keep(self) -> None:
        """Save the keys and commands of the server, if the search for secrets is on."""
        if self.is_awake and not self._is_sentinel:
            with self.admin() as client:
                keep_store(client, self.folder.name)

    def last_words(self) -> str:
        """Return the last 20 lines of its log."""
        return "\n".join((self.folder / "server.log").read_text(errors="replace").splitlines()[-20:])

    @property
    def _running(self) -> ServerProcess:
        assert self._process, "it was never started"
        return self._process


@contextmanager
def started(nodes: Sequence[Node]) -> Iterator[None]:
    """Start the nodes, and wait until each answers; kill all at the end of the block, also paused nodes."""
    try:
        for node in nodes:
            node.launch()
        for node in nodes:
            eventually(node.ready, _STARTING)
        yield
    finally:
        for node in nodes:
            node.keep()
        for node in nodes:
            node.kill()
            watch.keep_files(node.folder)
