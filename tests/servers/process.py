"""A server process of a test, which is stopped, killed or paused together with all its child processes."""

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
    """Run the servers; skip the test, with the reason, if they are missing on this machine."""
    with ExitStack() as running:
        try:
            started = running.enter_context(servers)
        except ServerMissing as missing:
            pytest.skip(str(missing))
        yield started


def lasting(name: str, running: Callable[[Path], AbstractContextManager[Any]]) -> Any:
    """Return a fixture of that name: the servers, which run until this test process ends."""

    @pytest.fixture(scope="session", name=name)
    def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
        with or_skip(running(tmp_path_factory.mktemp(name))) as found:
            yield found

    return servers


def free_port() -> int:
    """
    Return a port on 127.0.0.1 on which nobody listens.

    It lies below the range of ports of outgoing connections, so that it is still free when a server restarts.
    """
    while True:
        port = random.randrange(15_000, 32_000)  # noqa: S311 - no secret
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def claimed_port(claims: ExitStack) -> int:
    """
    Return a free port that no other test gets, also not in another process, while nobody listens on it.

    Until `claims` is closed, a socket for datagrams holds the same number.
    """
    while True:
        port, claim = free_port(), socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            claims.enter_context(claim)
            return port


class ServerProcess:
    """
    A process with a session of its own; its output is appended to `log`.

    On Linux it is killed when the thread that started it ends for any reason. Its children notice that and end too,
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
        """End the process by that signal, also if it is paused, and wait for its end."""
        if self.is_running():
            self.resume()
            self._process.send_signal(end)
        self._process.wait(_GRACE)

    def kill(self) -> None:
        """Kill the process and all its children at once."""
        family = self._hold()
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        self._process.wait(_GRACE)
        eventually(lambda: all(_is_gone(member) for member in family), _GRACE)

    def pause(self) -> None:
        """Let the process and its children hang, with open connections, until `resume`."""
        self._hold()

    def resume(self) -> None:
        for member in self._family():
            with suppress(psutil.NoSuchProcess):
                member.resume()

    def _hold(self) -> list[psutil.Process]:
        """Suspend the process, then its children, so that no child is started unseen; return them all."""
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
        """Return the children first: the process must not see them end, or resume, before it does."""
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
    """Tell whether the process has ended, also as a zombie."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
