"""Captures the log, so that checkers can search it for alarms and secrets."""

from __future__ import annotations

import logging


class LogCapture(logging.Handler):
    """A log handler that keeps all lines of the service."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.alarms: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
        if record.levelno >= logging.CRITICAL:
            self.alarms.append(record.getMessage())

    def clear(self) -> None:
        self.lines.clear()
        self.alarms.clear()
