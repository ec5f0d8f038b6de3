"""The general part of the OpenAPI document, and the documented problems of each call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from werkzeug import exceptions as framework

from domain import errors
from entrypoints.http.openapi.components import EVERYWHERE
from entrypoints.http.problems import http_errors
from entrypoints.http.problems.examples import EXAMPLES as ERRORS
from entrypoints.http.problems.examples import REQUEST_ID
from entrypoints.http.problems.problem import MEDIA_TYPE, Problem
from entrypoints.http.schemas.quotes import ProblemSchema

INFO = {
    "summary": "Keeps an anonymous visitor's quote until the visitor registers.",
    "description": """\
A visitor starts a quote and fills it in over minutes or days. When the visitor registers, the quote is moved into the
new account, exactly once.

- **Secrets**: a call on a temporary quote needs its `Quote-Token`, a call on an account a bearer token, a claim both.
- **Errors** are problems (RFC 9457): decide by `code`, show `detail`, quote `request_id` to support. An unknown path is
  404. A request that cannot be read as HTTP gets a problem too, with 400, 414, 431 or another status.
- **Revisions**: a quote's `revision` is its `ETag`. With `If-Match`, a save that another save has overtaken is refused.
- **Retries**: after 429 or 503, send the same request again when `Retry-After` is over.
- **HEAD** works wherever GET does, and **OPTIONS** on every path: the answer's `Allow` names the methods of the path.
- **Limits**: `RateLimit-Remaining` is the number of such requests that are left. It is not sent if limits are off, or
  if a request is refused before it is counted (405, 406).
- **Browsers**: pages of other origins may call if the operator names these origins (CORS).
- **Times** are RFC 3339 in UTC, with milliseconds.
""",
    "x-release": version("quotehold"),
}
SERVERS = [{"url": "/", "description": "The service that sent this document."}]


BAD_BODY = (
    http_errors.MalformedRequest,
    http_errors.UnsupportedMediaType,
    http_errors.BodyTooLarge,
    http_errors.InvalidRequest,
)
UNAVAILABLE = (errors.StoreUnavailable, errors.DatabaseUnavailable, errors.Overloaded)
NOT_AUTHENTICATED = (http_errors.AccessTokenMissing, errors.AccessTokenInvalid, *UNAVAILABLE)
"""Errors of every call that needs an access token."""
ANYWHERE = (framework.MethodNotAllowed, framework.InternalServerError)
_UNCOUNTED = (405, 406)
"""Statuses of refusals that come before the request is counted."""
UNDER_V1 = (http_errors.MalformedRequest, http_errors.NotAcceptable)
"""Refusals by the request hooks. Operational calls do not have them."""


def refusals(
    kinds: Iterable[type[Exception] | Problem], common: Mapping[str, str], *, is_limited: bool
) -> tuple[dict[int, Any], dict[str, dict[str, Any]]]:
    """
    Return the responses of these problems by status, and the shared responses by name. `common` holds the headers of
    every answer of the call. Limited calls share their responses: calls with the same refusals have the same ones.
    """
    uncounted = {name: name for name in EVERYWHERE}
    responses: dict[int, Any] = {}
    shared: dict[str, dict[str, Any]] = {}
    for status, told in _by_status((*kinds, http_errors.RateLimited) if is_limited else kinds).items():
        response = _response(told, uncounted if status in _UNCOUNTED else common)
        responses[status] = response
        if is_limited:
            name = _shared_name(status, told)
            responses[status], shared[name] = name, response
    return responses, shared


def _by_status(kinds: Iterable[Any]) -> dict[int, dict[str, Problem]]:
    """Return the problems by status, then by code."""
    told: dict[int, dict[str, Problem]] = defaultdict(dict)
    for kind in kinds:
        problem = kind if isinstance(kind, Problem) else ERRORS[kind]
        told[problem.status][problem.code] = problem
    return told


def _response(told: Mapping[str, Problem], common: Mapping[str, str]) -> dict[str, Any]:
    own = {name: name for problem in told.values() for name in problem.headers}
    examples = {code: {"summary": problem.title, "value": problem.body(REQUEST_ID)} for code, problem in told.items()}
    return {
        "description": "; ".join(f"`{code}`: {problem.title}" for code, problem in told.items()),
        "headers": {**common, **own},
        "content": {MEDIA_TYPE: {"schema": ProblemSchema, "examples": examples}},
    }


def _shared_name(status: int, codes: Iterable[str]) -> str:
    return "Or".join(code.title().replace("-", "") for code in codes) + str(status)
