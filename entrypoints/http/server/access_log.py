"""The web server's log: whose request a line is about, and no line that repeats what a client has sent."""

from __future__ import annotations

import logging

from flask import g, has_request_context
from gunicorn.glogging import Logger


class NoInput(logging.Filter):
    """Keeps out gunicorn's lines about requests that it refuses: they repeat the input, secrets included."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("Invalid request from")


class RequestId(logging.Filter):
    """Adds the id of the request that a line is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = g.get("request_id", "-") if has_request_context() else "-"
        return True


class ServerLog(Logger):
    """gunicorn's own log, without a line a request: the application writes that, and knows more of it."""

    def access(self, *_: object) -> None:
        """Nothing: with a configuration of its handlers, gunicorn would format a line that nobody takes."""
