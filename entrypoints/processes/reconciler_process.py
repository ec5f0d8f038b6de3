"""The reconciler as a child process."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from entrypoints.processes.child_process import ChildProcess
from entrypoints.processes.errors import ReconcilerFailed

_GRACE = 10.0
"""Seconds: longer than one claim takes, except when its servers are very slow. An interrupted claim is done again."""


class ReconcilerProcess:
    """`quotes reconcile` as a child process. It ends with this process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "entrypoints.cli", "reconcile"]
        self._process = ChildProcess(command, environ=environ)

    def exit_status(self) -> int | None:
        """Return its exit status, or None while it runs."""
        return self._process.exit_status()

    def failure(self, what: str) -> ReconcilerFailed:
        return ReconcilerFailed(what, self.exit_status())

    def stop(self) -> None:
        """Stop it after the claim that it is working on."""
        self._process.stop(_GRACE)

    def kill(self) -> None:
        self._process.kill()
