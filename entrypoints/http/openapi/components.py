"""Headers, parameters and security schemes that the calls of the OpenAPI document share."""

from __future__ import annotations

from typing import Any

from apispec import APISpec

from entrypoints.http.problems.examples import QUOTE_ID as EXAMPLE_ID
from entrypoints.http.problems.examples import REQUEST_ID as EXAMPLE_REQUEST_ID
from entrypoints.http.requests.idempotency import LONGEST_KEY
from entrypoints.http.requests.paging import ITEMS, MOST_ITEMS
from entrypoints.http.server import request_hooks


def _text(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


def _number(description: str, example: int) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "integer", "minimum": 0, "examples": [example]}}


HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": _text(
        "The request's id, for the log and for support.", minLength=1, maxLength=128, examples=[EXAMPLE_REQUEST_ID]
    )
    | {"required": True},
    "Cache-Control": _text("No cache keeps the answer.", const="no-store"),
    "X-Content-Type-Options": _text("Browsers do not guess another media type.", const="nosniff"),
    "Referrer-Policy": _text("Browsers send this address to no other page.", const="no-referrer"),
    "Content-Security-Policy": _text("The limits that a browser keeps when it shows the answer."),
    "Strict-Transport-Security": _text("Sent only if the request came over TLS.", examples=["max-age=31536000"]),
    "ETag": _text("The quote's revision, as a strong entity tag.", examples=['"1795372712123"']),
    "Location": _text("The path of the new quote.", format="uri-reference", examples=[f"/v1/quotes/{EXAMPLE_ID}"]),
    "Allow": _text("The methods that this path takes.", examples=["GET, HEAD, OPTIONS"]),
    "WWW-Authenticate": _text("The secret that is missing or wrong.", examples=["Quote-Token", "Bearer"]),
    "Retry-After": _number("Seconds to wait before you send the same request again.", 5),
    "Idempotency-Replayed": _text("`true` if an earlier request has done this already.", enum=["true"]),
    "RateLimit-Limit": _number("The number of such requests that a window allows. Not sent where limits are off.", 60),
    "RateLimit-Remaining": _number("The number of requests left in this window.", 59),
    "RateLimit-Reset": _number("Seconds until the window ends.", 42),
}
"""By name, which is also the name of the component."""
EVERYWHERE = ("X-Request-Id", *request_hooks.HEADERS, "Strict-Transport-Security")
ETAG, LOCATION, REPLAYED = ({name: name} for name in ("ETag", "Location", "Idempotency-Replayed"))
OF_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

REQUEST_ID, IF_MATCH, IF_NONE_MATCH = "X-Request-Id", "If-Match", "If-None-Match"
IDEMPOTENCY_KEY, LIMIT, CURSOR = "Idempotency-Key", "limit", "cursor"
_PARAMETERS: dict[str, dict[str, Any]] = {
    REQUEST_ID: {
        "in": "header",
        "description": "The id of this request, in its answer and in the log. Use 1 to 128 letters, digits, dots, "
        "hyphens and underscores; the service replaces any other id.",
        "schema": {"type": "string", "examples": [EXAMPLE_REQUEST_ID]},
    },
    IF_MATCH: {
        "in": "header",
        "description": "One entity tag. The request changes the quote at this revision alone. `*` is any revision.",
        "schema": {
            "type": "string",
            "pattern": r'^(\*|(W/)?"[!#-~\x80-\xff]*")$',
            "examples": ['"1795372712123"'],
        },
    },
    IF_NONE_MATCH: {
        "in": "header",
        "description": "Entity tags that the client has. The answer is 304 if one of them is the present revision.",
        "schema": {"type": "string", "examples": ['"1795372712123"']},
    },
    IDEMPOTENCY_KEY: {
        "in": "header",
        "description": "The client's name for this request, so that it can be repeated. The same key with another "
        "body is refused.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_KEY,
            "pattern": "^[ -~]*[!-~][ -~]*$",
            "examples": ["7b0f5d2e-3c55-4a19-9d0c-6a6f0c0a4f11"],
        },
    },
    LIMIT: {
        "in": "query",
        "description": "The largest number of items on the page.",
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
        "description": "The `quote_token` in the answer that started the quote. The claim ends it.",
    },
    "AccessToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `access_token` in the answer to a registration or a log-in.",
    },
}


def describe(spec: APISpec) -> None:
    """Add the shared components to the document: calls refer to them by name."""
    for name, scheme in _SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for name, header in HEADERS.items():
        spec.components.header(name, header)
    for name, parameter in _PARAMETERS.items():
        spec.components.parameter(name, parameter["in"], {"name": name, **parameter})
