"""Hooks of every request: an id, a line in the log, security headers, a deadline."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import quote

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from gunicorn.http.body import Body
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotFound

from entrypoints.http.problems.http_errors import MalformedRequest, NotAcceptable

_log = logging.getLogger("quotehold.access")
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

BODY_READ = "quotehold.body_read"
"""The key in the environ that is set when the body was read to its end."""
_LONGEST_ACCEPT = 2000
_PLAIN_ACCEPTS = ("", "*/*", "application/json")
"""The Accept headers of nearly every client: they need no parsing."""
_PROBED = ("/healthz", "/readyz")
"""Paths that are requested every few seconds. They are logged at INFO only if they fail."""

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

REQUEST_SECONDS = 8.0
"""The deadline of a request: longer than any statement or command, shorter than the draft lease."""
BODY_SECONDS = 5.0
"""The part of that time in which a client must send its body."""

Deadline = Callable[[float], AbstractContextManager[None]]
"""Returns a context manager for that many seconds. It interrupts a longer block by Overloaded."""


class DeadlineFlask(Flask):
    """Flask with a deadline around each request. Its Overloaded is answered like any other error."""

    deadline: Deadline

    def __init__(self, import_name: str, deadline: Deadline | None) -> None:
        super().__init__(import_name, static_folder=None)
        self.deadline = deadline or (lambda _: nullcontext())

    def dispatch_request(self) -> ResponseReturnValue:
        with self.deadline(REQUEST_SECONDS):
            return super().dispatch_request()


def install_hooks(app: Flask) -> None:
    """Install the hooks in the app."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.environ.get("HTTP_X_REQUEST_ID", "")
    g.request_id = given if _SANE_ID.fullmatch(given) else os.urandom(16).hex()
    g.began = time.perf_counter()
    if request.environ["PATH_INFO"].startswith("//"):
        raise NotFound  # werkzeug would drop a slash, and the rules of a proxy would not match the path
    is_call = request.path.startswith("/v1/") and request.method != "OPTIONS" and not request.routing_exception
    if is_call and not _takes_json():
        raise NotAcceptable


def _close_if_unread() -> None:
    """
    Mark an unread body as failed, so that gunicorn closes the connection. Else gunicorn would read the rest of the body
    as the client's next request, and answer it.
    """
    stream = request.environ["wsgi.input"]
    if isinstance(stream, Body) and request.environ.get(BODY_READ) is not True and _has_body():
        setattr(stream, "failed", True)  # noqa: B010 - its types lack the attribute


def _has_body() -> bool:
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def _takes_json() -> bool:
    accept = request.environ.get("HTTP_ACCEPT", "")
    if accept in _PLAIN_ACCEPTS:
        return True
    if len(accept) > _LONGEST_ACCEPT:
        raise MalformedRequest(f"Shorten the Accept header. It is longer than {_LONGEST_ACCEPT} characters.")
    accepted = request.accept_mimetypes
    if not accepted or accepted.quality("application/json") > 0:
        return True
    # A type with parameters, such as a charset, is still the same type.
    bare = MIMEAccept((value.partition(";")[0].strip(), quality) for value, quality in accepted)
    return bare.quality("application/json") > 0


def _end(response: Response) -> Response:
    added = {"X-Request-Id": g.request_id, **HEADERS}
    if "Content-Security-Policy" in response.headers:  # a page sets its own
        del added["Content-Security-Policy"]
    # `extend` adds all at once. `setdefault` for each takes 12 µs more, and no view sets these headers.
    response.headers.extend(added)
    if not response.content_length:
        response.headers.pop("Content-Type", None)
    _close_if_unread()
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    took = (time.perf_counter() - g.began) * 1000
    # Log the path, never the query or a header: they may hold secrets. Quote it, so that it cannot forge a log line.
    level = logging.DEBUG if request.path in _PROBED and response.status_code == 200 else logging.INFO
    _log.log(level, "%s %s %d %.1fms", request.method, quote(request.path), response.status_code, took)
    return response
