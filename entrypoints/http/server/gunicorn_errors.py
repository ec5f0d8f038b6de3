"""Problems in place of the answers by which gunicorn refuses a malformed request."""

from __future__ import annotations

import logging
import socket
import uuid

import orjson
from gunicorn.util import write_nonblock

from entrypoints.http.problems.problem import MEDIA_TYPE, Problem
from entrypoints.http.server.request_hooks import HEADERS

_log = logging.getLogger("quotehold.access")

_DETAIL = "Correct the request. It cannot be read as HTTP, or its first line or its headers are too long."


def write_refusal(sock: socket.socket, status: int, reason: str, _message: str) -> None:
    """Write a problem, in place of `gunicorn.util.write_error`: its HTML repeats the input."""
    request_id = uuid.uuid4().hex
    _log.info("refused before it was a request: %d [%s]", status, request_id)
    if status != 500:
        problem = Problem(status, "malformed-request", "The request is malformed", _DETAIL)
    else:
        problem = Problem(
            status, "internal-error", "Something went wrong", "Report the request_id. This is a fault of the service."
        )
    body = orjson.dumps(problem.body(request_id))
    headers = {
        "Connection": "close",
        "Content-Type": MEDIA_TYPE,
        "Content-Length": len(body),
        "X-Request-Id": request_id,
        **HEADERS,
    }
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    write_nonblock(sock, "\r\n".join(lines).encode("latin-1") + body)
