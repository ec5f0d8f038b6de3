from __future__ import annotations

import logging


class Ears(logging.Handler):
    """Hears all that the service logs."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.alarms: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
        if record.levelno >= logging.CRITICAL:
            self.alarms.append(record.getMessage())

    def forget(self) -> None:
        self.lines.clear()
        self.alarms.clear()
