"""A child process that never outlives this one."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import IO

_PR_SET_PDEATHSIG = 1


class ChildProcess:
    """
    A process with a session of its own: a Ctrl-C on the terminal reaches only its parent, which stops it.

    On Linux it gets SIGTERM when the thread that started it ends, also if SIGKILL ended that thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        output: IO[bytes] | None = None,
        inherit: Collection[int] = (),
    ) -> None:
        """Start it. `output` is its standard output and error (default: those of this process), `inherit` its files."""
        self._process = subprocess.Popen(  # noqa: S603 - the command is the project's own
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=tuple(inherit),
            start_new_session=True,
            preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509 - only prctl is called there, and no thread runs here
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_status(self) -> int | None:
        """Return its exit status, or None while it runs."""
        return self._process.poll()

    def stop(self, grace: float) -> None:
        """Send SIGTERM, wait `grace` seconds, then send SIGKILL to the rest of its process group."""
        if self.exit_status() is None:
            self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        self._kill_group()
        self._process.wait()

    def kill(self) -> None:
        """Kill it and its process group now. It does not wait, so a signal handler may call it."""
        if self._process.returncode is None:
            self._kill_group()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def _end_with(parent: int) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    # Loaded before the fork: between fork and exec, code should allocate nothing and take no lock.
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the kernel was asked
            os.kill(os.getpid(), signal.SIGTERM)

    return ask_the_kernel
