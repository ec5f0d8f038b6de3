"""The form of a line in the log."""

from __future__ import annotations

import logging
import time

from flask import g, has_request_context
from gunicorn.glogging import Logger


class NoInput(logging.Filter):
    """Keeps out gunicorn's lines about requests that it refuses: they repeat the input, secrets included."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("Invalid request from")


class ServerLog(Logger):
    """gunicorn's own log, without a line a request: the application writes that, and knows more of it."""

    def access(self, *_: object) -> None:
        """Nothing: with a configuration of its handlers, gunicorn would format a line that nobody takes."""


class LineFormatter(logging.Formatter):
    """UTC like every time of the service, and the id of the request that it is about (`-` where there is none)."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = g.get("request_id", "-") if has_request_context() else "-"
        return super().format(record)
