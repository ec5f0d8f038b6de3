"""The web server's log. Each line has its request's id, and no line repeats a client's input."""

from __future__ import annotations

import logging

from flask import g, has_request_context
from gunicorn.glogging import Logger


class NoInput(logging.Filter):
    """A filter that drops gunicorn's lines about refused requests: they repeat the input, secrets included."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("Invalid request from")


class RequestId(logging.Filter):
    """A filter that adds the request's id to each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = g.get("request_id", "-") if has_request_context() else "-"
        return True


class ServerLog(Logger):
    """gunicorn's own log, without access lines: the application writes them, with more detail."""

    def access(self, *_: object) -> None:
        """Write nothing. With our logging configuration, gunicorn would format a line that no handler takes."""
