"""What every request and answer has: an id, a line in the log, security headers, a deadline."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import quote

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MIMEAccept

from entrypoints.http.problems import NotAcceptable

_log = logging.getLogger("quotehold.access")
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

_PROBED = ("/healthz", "/readyz")
"""Asked every few seconds: in the log only where they fail."""

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

REQUEST_SECONDS = 8.0
"""Longer than any statement or command, shorter than a claim's lease."""
BODY_SECONDS = 5.0
"""Within those: how long a client may take to send what it announced."""

Deadline = Callable[[float], AbstractContextManager[None]]
"""A block that is interrupted by Overloaded after so many seconds."""


class FramedFlask(Flask):
    """Flask with a deadline around each request; what it raises is answered like any other error."""

    deadline: Deadline

    def __init__(self, import_name: str, deadline: Deadline | None) -> None:
        super().__init__(import_name, static_folder=None)
        self.deadline = deadline or (lambda _: nullcontext())

    def dispatch_request(self) -> ResponseReturnValue:
        with self.deadline(REQUEST_SECONDS):
            return super().dispatch_request()


def frame(app: Flask) -> None:
    """Install the hooks."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
    g.began = time.perf_counter()
    if request.path.startswith("/v1/") and not _takes_json():
        raise NotAcceptable


def _takes_json() -> bool:
    accepted = request.accept_mimetypes
    if not accepted or accepted.quality("application/json") > 0:
        return True
    # Parameters such as a charset do not make it another type.
    bare = MIMEAccept((value.partition(";")[0].strip(), quality) for value, quality in accepted)
    return bare.quality("application/json") > 0


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.status_code == 204 or request.method == "OPTIONS":
        response.headers.pop("Content-Type", None)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    took = (time.perf_counter() - g.began) * 1000
    # The path, never the query or a header: a log holds no secret. Quoted: nobody writes a line of their own into it.
    level = logging.DEBUG if request.path in _PROBED and response.status_code == 200 else logging.INFO
    _log.log(level, "%s %s %d %.1fms", request.method, quote(request.path), response.status_code, took)
    return response
