"""What the OpenAPI document says beyond schemas: problems, examples, limits, and where one call leads to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import Any, TypeVar

from apispec import APISpec
from werkzeug import exceptions as framework

from domain import errors
from entrypoints.http.openapi.call_examples import EXAMPLES
from entrypoints.http.openapi.components import EVERYWHERE, OF_LIMITS
from entrypoints.http.problems import problem as http
from entrypoints.http.problems.examples import EXAMPLES as ERRORS
from entrypoints.http.problems.examples import REQUEST_ID
from entrypoints.http.problems.problem import MEDIA_TYPE, Problem
from entrypoints.http.schemas.quotes import ProblemSchema

View = TypeVar("View", bound=Callable[..., Any])

INFO = {
    "summary": "Keeps an anonymous visitor's quote until the visitor registers.",
    "description": """\
A visitor starts a quote and fills it in over minutes or days. When the visitor registers, the quote is moved into the
new account, exactly once.

- **Secrets**: a temporary quote needs its `Quote-Token`, an account a bearer token, a claim both.
- **Errors** are problems (RFC 9457): decide by `code`, show `detail`, quote `request_id` to support. What cannot be
  read as HTTP is refused in the same form with 400, 414, 431 or another status before it is a call; an unknown path
  with 404.
- **Revisions**: a quote's `revision` is its `ETag`. With `If-Match`, a save that somebody else overtook is refused.
- **Repeating**: after 429 or 503 the same request may be sent again when `Retry-After` is over.
- **HEAD** is taken wherever GET is, **OPTIONS** everywhere; the answer's `Allow` names the methods of the path.
- **Limits**: `RateLimit-Remaining` says how many more such requests may be sent. No such header where
  limits are off, and on what is refused before it is counted (405, 406).
- **Browsers**: pages of other origins may call where the operator names them (CORS).
- **Times** are RFC 3339 in UTC, with milliseconds.
""",
    "x-release": version("quotehold"),
}
SERVERS = [{"url": "/", "description": "The service that has sent this document."}]


BAD_BODY = (http.MalformedRequest, http.UnsupportedMediaType, http.BodyTooLarge, http.InvalidRequest)
UNAVAILABLE = (errors.StoreUnavailable, errors.DatabaseUnavailable, errors.Overloaded)
NOT_AUTHENTICATED = (http.AccessTokenMissing, errors.AccessTokenInvalid, *UNAVAILABLE)
"""What every call that needs an access token can answer."""
ANYWHERE = (framework.MethodNotAllowed, framework.InternalServerError)
_UNCOUNTED = (405, 406)
"""Refused before the request is counted."""
UNDER_V1 = (http.MalformedRequest, http.NotAcceptable)
"""What the frame refuses; operational calls answer whoever asks."""


def problems(*kinds: type[Exception] | Problem) -> Callable[[View], View]:
    """Name what can go wrong in a view, beside what can go wrong in any: error classes, or problems of its own."""

    def decorate(view: View) -> View:
        vars(view).setdefault("_apidoc", {})["problems"] = kinds
        return view

    return decorate


def leads_to(status: int, quote_id: str, *operations: str) -> dict[int, Any]:
    """Of an answer: the calls that can follow, on the quote whose id stands at that place in its body."""
    return {
        status: {
            "links": {
                operation: {
                    "operationId": operation,
                    "parameters": {"quote_id": f"$response.body#{quote_id}"},
                    "description": "With the secrets that the call needs.",
                }
                for operation in operations
            }
        }
    }


def complete(spec: APISpec, operation: dict[str, Any], kinds: Iterable[Any], *, is_limited: bool) -> None:
    """Add to the documentation of a call: examples, the headers of all answers, and these problems."""
    everywhere = {name: name for name in EVERYWHERE}
    common = everywhere | {name: name for name in (OF_LIMITS if is_limited else ())}
    responses = operation["responses"]
    for part in (operation.get("requestBody", {}), *responses.values()):
        for media in part.get("content", {}).values():
            media["example"] = EXAMPLES[_class_of(media["schema"])]
    for response in responses.values():
        response["headers"] = common | response.get("headers", {})
    for status, told in _by_status((*kinds, http.RateLimited) if is_limited else kinds).items():
        refused = _response(told, everywhere if status in _UNCOUNTED else common)
        responses[status] = _shared(spec, status, told, refused) if is_limited else refused
    operation["responses"] = dict(sorted(responses.items()))


def _class_of(schema: Any) -> Any:
    return schema if isinstance(schema, type) else type(schema)


def _by_status(kinds: Iterable[Any]) -> dict[int, dict[str, Problem]]:
    """The problem of each code."""
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


def _shared(spec: APISpec, status: int, told: Iterable[str], response: dict[str, Any]) -> str:
    """The component that all calls with the same codes refer to."""
    name = "Or".join(code.title().replace("-", "") for code in told) + str(status)
    if name not in spec.components.responses:
        spec.components.response(name, response)
    return name
