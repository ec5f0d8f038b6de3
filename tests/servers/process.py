"""A server process of a test: stopped, killed and hung together with every process that it has started."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from tests.support.waiting import eventually

T = TypeVar("T")

_GRACE = 20.0


class ServerMissing(Exception):
    """The error for a server that this machine lacks; its text says how to install it."""


@contextmanager
def or_skip(servers: AbstractContextManager[T]) -> Iterator[T]:
    """The servers, running; what needs some that cannot be had here is skipped, with the reason."""
    with ExitStack() as running:
        try:
            started = running.enter_context(servers)
        except ServerMissing as missing:
            pytest.skip(str(missing))
        yield started


def lasting(name: str, running: Callable[[Path], AbstractContextManager[Any]]) -> Any:
    """A fixture of that name: the servers, for as long as this test process runs."""

    @pytest.fixture(scope="session", name=name)
    def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
        with or_skip(running(tmp_path_factory.mktemp(name))) as found:
            yield found

    return servers


def free_port() -> int:
    """
    A port on 127.0.0.1 that nobody listens at.

    It lies below the range that outgoing connections take theirs from, so that it is still free after a restart.
    """
    while True:
        port = random.randrange(15_000, 32_000)  # noqa: S311 - no secret
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class ServerProcess:
    """
    A process with a session of its own; what it writes is appended to `log`.

    On Linux it is killed when the thread that started it ends, however that ends. Its children see that, and follow,
    unless they are paused.
    """

    def __init__(self, command: Sequence[str], log: Path) -> None:
        until_we_end = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
        with log.open("ab") as output:
            self._process = psutil.Popen(
                [*until_we_end, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self, end: signal.Signals) -> None:
        """End it by that signal, and wait for it; also when it is paused."""
        if self.is_running():
            self.resume()
            self._process.send_signal(end)
        self._process.wait(_GRACE)

    def kill(self) -> None:
        """End all of its processes at once, in the middle of what they do."""
        family = self._hold()
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        self._process.wait(_GRACE)
        eventually(lambda: all(_is_gone(member) for member in family), _GRACE)

    def pause(self) -> None:
        """Let all of its processes hang, their connections open, until `resume`."""
        self._hold()

    def resume(self) -> None:
        for member in self._family():
            with suppress(psutil.NoSuchProcess):
                member.resume()

    def _hold(self) -> list[psutil.Process]:
        """Stop the first process before its children are listed, so that none is missed that it is just making."""
        if not self.is_running():
            return []
        self._process.suspend()
        eventually(lambda: _is_held(self._process), _GRACE)
        family = self._family()
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.suspend()
        eventually(lambda: all(_is_held(member) for member in family), _GRACE)
        return family

    def _family(self) -> list[psutil.Process]:
        """Children first: the first process must not see them end, or come back, before they do."""
        try:
            return [*self._process.children(recursive=True), psutil.Process(self.pid)]
        except psutil.NoSuchProcess:
            return []


def _is_held(process: psutil.Process) -> bool:
    try:
        return process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _is_gone(process: psutil.Process) -> bool:
    """Tell whether the process has ended; a zombie has."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
