"""Shows the progress of long work on one line of a terminal."""

from __future__ import annotations

import logging
import sys
import time
from typing import TextIO

from entrypoints.processes.log_format import LINE, LineFormatter

_CLEAR = "\r\x1b[K"
_PAUSE = 0.1
"""Seconds between two changes of the line."""


class StatusLine:
    """One line of a terminal that each new text replaces. It writes nothing to a file or a pipe."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output = output or sys.stderr
        self._shows = self._output.isatty()
        self._next = 0.0

    def show(self, text: str) -> None:
        now = time.monotonic()
        if self._shows and now >= self._next:
            self._next = now + _PAUSE
            self._write(_CLEAR + text)

    def clear(self) -> None:
        if self._shows:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


class _Handler(logging.StreamHandler[TextIO]):
    """Writes whole lines, and clears the status line first."""

    def __init__(self, status: StatusLine) -> None:
        super().__init__(sys.stderr)
        self._status = status

    def emit(self, record: logging.LogRecord) -> None:
        self._status.clear()
        super().emit(record)


def log_to_stderr(status: StatusLine) -> None:
    """Send the log of this process to standard error, in the format of the web server."""
    handler = _Handler(status)
    handler.setFormatter(LineFormatter(LINE))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
