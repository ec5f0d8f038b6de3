"""Pages of other origins: which may call, with which headers, and what they may read of the answers (CORS)."""

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
"""Seconds for which a browser need not ask again."""


def let_in(app: Flask, origins: Sequence[str]) -> None:
    """
    Let pages of these origins call what is under /v1, and read every answer, problems too. No credentials: the service
    knows no cookies, its secrets are headers that a page must have.
    """
    CORS(
        app,
        resources=_CALLS,
        # Patterns of our own: a plain text is compared without regard to case, and one with brackets, as an IPv6
        # address has them, is taken for a pattern.
        origins=[re.compile(re.escape(origin) + r"\Z") for origin in origins],
        methods=_METHODS,
        allow_headers=_SENT,
        expose_headers=_READ,
        max_age=_REMEMBERED,
        supports_credentials=False,
        always_send=False,  # whoever sends no Origin is no page
        vary_header=False,  # it leaves out those answers that let nobody in: a cache would give them to all
        intercept_exceptions=False,  # a problem is an answer like any other here
    )
    app.after_request(_vary)


def _vary(response: Response) -> Response:
    if _CALLS.match(request.path):
        response.vary.add("Origin")
    return response
