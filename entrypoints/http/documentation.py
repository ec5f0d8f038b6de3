"""What the OpenAPI document says beyond schemas: headers, secrets, problems, and where one call leads to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import Any, TypeVar

from apispec import APISpec
from flask_smorest import Blueprint
from werkzeug import exceptions as framework

from domain import errors
from entrypoints.http import frame
from entrypoints.http import problems as http
from entrypoints.http.catalogue import EXAMPLES as ERRORS
from entrypoints.http.catalogue import QUOTE_ID as EXAMPLE_ID
from entrypoints.http.catalogue import REQUEST_ID as EXAMPLE_REQUEST_ID
from entrypoints.http.examples import EXAMPLES
from entrypoints.http.idempotency import LONGEST_KEY
from entrypoints.http.limited import Rate
from entrypoints.http.paging import ITEMS, MOST_ITEMS
from entrypoints.http.problems import MEDIA_TYPE, Problem
from entrypoints.http.schemas import ProblemSchema

View = TypeVar("View", bound=Callable[..., Any])

INFO = {
    "summary": "Keeps an anonymous visitor's quote until the visitor registers.",
    "description": """\
A visitor starts a quote and fills it in over minutes or days. When the visitor registers, the quote is moved into the
new account, exactly once.

- **Secrets**: a temporary quote needs its `Quote-Token`, an account a bearer token, a claim both.
- **Errors** are problems (RFC 9457): decide by `code`, show `detail`, quote `request_id` to support. What cannot be
  read as HTTP is refused in the same form with 400, 414 or 431 before it is a call; an unknown path with 404.
- **Revisions**: a quote's `revision` is its `ETag`. With `If-Match`, a save that somebody else overtook is refused.
- **Repeating**: after 429 or 503 the same request may be sent again when `Retry-After` is over.
- **HEAD** is taken wherever GET is, **OPTIONS** everywhere; the answer's `Allow` names the methods of the path.
- **Times** are RFC 3339 in UTC, with milliseconds.
""",
    "x-release": version("quotehold"),
}
SERVERS = [{"url": "/", "description": "The service that has sent this document."}]


def _text(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


def _number(description: str, example: int) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "integer", "minimum": 0, "examples": [example]}}


HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": _text(
        "The request's id, for the log and for support.", minLength=1, maxLength=128, examples=[EXAMPLE_REQUEST_ID]
    )
    | {"required": True},
    "Cache-Control": _text("Answers are nobody else's.", const="no-store"),
    "X-Content-Type-Options": _text("The media type is the one that is named.", const="nosniff"),
    "Referrer-Policy": _text("An address is told to nobody.", const="no-referrer"),
    "Content-Security-Policy": _text("What a browser may do with the answer."),
    "Strict-Transport-Security": _text("Behind TLS alone.", examples=["max-age=31536000"]),
    "ETag": _text("The quote's revision, as a strong entity tag.", examples=['"1795372712123"']),
    "Location": _text("Where the quote is.", format="uri-reference", examples=[f"/v1/quotes/{EXAMPLE_ID}"]),
    "Allow": _text("The methods that this path takes.", examples=["GET, HEAD, OPTIONS"]),
    "WWW-Authenticate": _text("Which secret is missing or wrong.", examples=["Quote-Token", "Bearer"]),
    "Retry-After": _number("How many seconds to wait before the same request is sent again.", 5),
    "Idempotency-Replayed": _text("`true` where an earlier request did this already.", enum=["true"]),
    "RateLimit-Limit": _number("How many such requests may be sent in a window; not sent where limits are off.", 60),
    "RateLimit-Remaining": _number("How many are left in this window.", 59),
    "RateLimit-Reset": _number("Seconds until the window ends.", 42),
}
"""By name, which is also the name of the component."""
_EVERYWHERE = ("X-Request-Id", *frame.HEADERS, "Strict-Transport-Security")
ETAG, LOCATION, REPLAYED = ({name: name} for name in ("ETag", "Location", "Idempotency-Replayed"))
_OF_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

REQUEST_ID, IF_MATCH, IF_NONE_MATCH = "X-Request-Id", "If-Match", "If-None-Match"
IDEMPOTENCY_KEY, LIMIT, CURSOR = "Idempotency-Key", "limit", "cursor"
_PARAMETERS: dict[str, dict[str, Any]] = {
    REQUEST_ID: {
        "in": "header",
        "description": "Names this request in its answer and in the log. One that is not 1 to 128 letters, digits, "
        "dots, hyphens and underscores is replaced.",
        "schema": {"type": "string", "examples": [EXAMPLE_REQUEST_ID]},
    },
    IF_MATCH: {
        "in": "header",
        "description": "One entity tag: do this on that revision or not at all.",
        "schema": {"type": "string", "examples": ['"1795372712123"']},
    },
    IF_NONE_MATCH: {
        "in": "header",
        "description": "Entity tags that the client has: 304 if one is still right.",
        "schema": {"type": "string", "examples": ['"1795372712123"']},
    },
    IDEMPOTENCY_KEY: {
        "in": "header",
        "description": "Names this request, so that it can be repeated: the same key with another body is refused.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_KEY,
            "examples": ["7b0f5d2e-3c55-4a19-9d0c-6a6f0c0a4f11"],
        },
    },
    LIMIT: {
        "in": "query",
        "description": "At most so many.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": ITEMS},
    },
    CURSOR: {"in": "query", "description": "The `next_cursor` of the page before.", "schema": {"type": "string"}},
}
"""By name, which is also the name of the component."""
QUOTE_ID = {
    "in": "path",
    "name": "quote_id",
    "required": True,
    "description": "The `quote_id` in the answer that started the quote.",
    "schema": {"type": "string", "pattern": "^qt_[0-7][0-9A-HJKMNP-TV-Z]{25}$", "examples": [EXAMPLE_ID]},
}
NEEDS_QUOTE_TOKEN: list[dict[str, list[str]]] = [{"QuoteToken": []}]
NEEDS_ACCESS_TOKEN: list[dict[str, list[str]]] = [{"AccessToken": []}]
NEEDS_BOTH_TOKENS: list[dict[str, list[str]]] = [{"QuoteToken": [], "AccessToken": []}]
_SECURITY_SCHEMES = {
    "QuoteToken": {
        "type": "apiKey",
        "in": "header",
        "name": "Quote-Token",
        "description": "The `quote_token` in the answer that started the quote. It ends with the claim.",
    },
    "AccessToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `access_token` in the answer to a registration or a log-in.",
    },
}
BAD_BODY = (http.MalformedRequest, http.UnsupportedMediaType, http.BodyTooLarge, http.InvalidRequest)
UNAVAILABLE = (errors.StoreUnavailable, errors.DatabaseUnavailable, errors.Overloaded)
NOT_AUTHENTICATED = (http.AccessTokenMissing, errors.AccessTokenInvalid, *UNAVAILABLE)
"""What every call that needs an access token can answer."""
_ANYWHERE = (framework.MethodNotAllowed, framework.InternalServerError)
_UNDER_V1 = (http.MalformedRequest, http.NotAcceptable)
"""What the frame refuses; operational calls answer whoever asks."""


def describe(spec: APISpec) -> None:
    """Put into the document what its calls refer to."""
    for name, scheme in _SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for name, header in HEADERS.items():
        spec.components.header(name, header)
    for name, parameter in _PARAMETERS.items():
        spec.components.parameter(name, parameter["in"], {"name": name, **parameter})


def problems(blueprint: Blueprint, *kinds: type[Exception] | Problem) -> Callable[[View], View]:
    """Name what can go wrong in a view, beside what can go wrong in any: error classes, or examples of their own."""
    every = (*_ANYWHERE, *(_UNDER_V1 if blueprint.url_prefix else ()), *kinds)

    def decorate(view: View) -> View:
        vars(view).setdefault("_apidoc", {})["problems"] = every
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


def complete(spec: APISpec, operation: dict[str, Any], kinds: Iterable[Any], limit: Rate | None) -> None:
    """Add to the documentation of a call: examples, the headers of all answers, problems, and what its limit adds."""
    common = {name: name for name in (*_EVERYWHERE, *(_OF_LIMITS if limit else ()))}
    body = operation.get("requestBody", {"content": {}})
    for part in (body, *operation["responses"].values()):
        for media in part.get("content", {}).values():
            media["example"] = EXAMPLES[_class_of(media["schema"])]
    for response in operation["responses"].values():
        response["headers"] = common | response.get("headers", {})
    told: dict[int, list[Problem]] = defaultdict(list)
    for kind in (*kinds, *((http.RateLimited,) if limit else ())):
        problem = kind if isinstance(kind, Problem) else ERRORS[kind]
        told[problem.status].append(problem)
    for status, problems_ in told.items():
        operation["responses"][status] = _response(spec, {problem.code: problem for problem in problems_}, common)
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _class_of(schema: Any) -> Any:
    return schema if isinstance(schema, type) else type(schema)


def _response(spec: APISpec, told: Mapping[str, Problem], common: dict[str, str]) -> Any:
    """These problems, which have one status: where limits count, a component that other calls refer to as well."""
    own = {name: name for problem in told.values() for name in problem.headers}
    response = {
        "description": "; ".join(f"`{code}`: {problem.title}" for code, problem in told.items()),
        "headers": common | own,
        "content": {MEDIA_TYPE: {"schema": ProblemSchema, "examples": {c: _example(p) for c, p in told.items()}}},
    }
    if not common.keys() >= set(_OF_LIMITS):
        return response
    status = next(iter(told.values())).status
    name = "Or".join(code.title().replace("-", "") for code in told) + str(status)
    if name not in spec.components.responses:
        spec.components.response(name, response)
    return name


def _example(problem: Problem) -> dict[str, Any]:
    return {"summary": problem.title, "value": problem.body(EXAMPLE_REQUEST_ID)}
