"""CORS: the allowed origins, the headers that their pages may send, and the headers that they may read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import Flask, Response, request
from flask_cors import CORS

_CALLS = re.compile(r"/v1(?:/|\Z)")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_SENT = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Quote-Token",
    "X-Request-Id",
]
_READ = [
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
]
_REMEMBERED = 600
"""Seconds for which a browser keeps the answer to a preflight."""


def let_in(app: Flask, origins: Sequence[str]) -> None:
    """
    Let pages of these origins send calls under /v1 and read every answer, problems too. Credentials of the browser are
    not allowed: the service has no cookies, and a page must have the secrets that it sends as headers.
    """
    CORS(
        app,
        resources=_CALLS,
        # Own patterns: flask-cors compares a plain text without regard to case, and treats a text with brackets, such
        # as an IPv6 address, as a pattern.
        origins=[re.compile(re.escape(origin) + r"\Z") for origin in origins],
        methods=_METHODS,
        allow_headers=_SENT,
        expose_headers=_READ,
        max_age=_REMEMBERED,
        supports_credentials=False,
        always_send=False,  # a request without an Origin does not come from a page
        vary_header=False,  # it omits Vary for other origins: a cache would serve that answer to all
        intercept_exceptions=False,  # problems are ordinary answers here
    )
    app.after_request(_vary)


def _vary(response: Response) -> Response:
    if _CALLS.match(request.path):
        response.vary.add("Origin")
    return response
