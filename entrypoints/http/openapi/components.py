"""What the calls of the OpenAPI document have in common: headers, parameters, secrets."""

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
EVERYWHERE = ("X-Request-Id", *request_hooks.HEADERS, "Strict-Transport-Security")
ETAG, LOCATION, REPLAYED = ({name: name} for name in ("ETag", "Location", "Idempotency-Replayed"))
OF_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

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
        "description": "One entity tag: do this on that revision or not at all. `*` is any revision.",
        "schema": {
            "type": "string",
            "pattern": r'^(\*|(W/)?"[!#-~\x80-\xff]*")$',
            "examples": ['"1795372712123"'],
        },
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
            "pattern": "^[ -~]*[!-~][ -~]*$",
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


def describe(spec: APISpec) -> None:
    """Put into the document what its calls refer to."""
    for name, scheme in _SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for name, header in HEADERS.items():
        spec.components.header(name, header)
    for name, parameter in _PARAMETERS.items():
        spec.components.parameter(name, parameter["in"], {"name": name, **parameter})
