"""The reconciler as a child process."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from entrypoints.processes.child_process import ChildProcess
from entrypoints.processes.errors import ReconcilerFailed

_GRACE = 10.0
"""Longer than one claim takes, in all but the worst hour of its servers; a claim that is cut off is done again."""


class ReconcilerProcess:
    """`quotes reconcile`. It ends with this process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "entrypoints.cli", "reconcile"]
        self._process = ChildProcess(command, environ=environ)

    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.exit_status()

    def failure(self, what: str) -> ReconcilerFailed:
        return ReconcilerFailed(what, self.exit_status())

    def stop(self) -> None:
        """Let it finish the claim that it is at."""
        self._process.stop(_GRACE)

    def kill(self) -> None:
        self._process.kill()
