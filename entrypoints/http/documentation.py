"""What the OpenAPI document says beyond schemas: problems, headers, secrets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint

from domain import errors
from entrypoints.http import problems as http
from entrypoints.http.errors import ANSWERS
from entrypoints.http.idempotency import LONGEST_KEY
from entrypoints.http.paging import ITEMS, MOST_ITEMS
from entrypoints.http.problems import MEDIA_TYPE, HttpError
from entrypoints.http.schemas import ProblemSchema

View = TypeVar("View", bound=Callable[..., Any])

ETAG = {"ETag": {"description": "The quote's revision, as a strong entity tag.", "schema": {"type": "string"}}}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "description": "One entity tag: do this on that revision or not at all.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "description": "Entity tags that the client has: 304 if one is still right.",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Names this request, so that it can be repeated: the same key with another body is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
LIMIT = {
    "in": "query",
    "name": "limit",
    "description": "At most so many.",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": ITEMS},
}
CURSOR = {
    "in": "query",
    "name": "cursor",
    "description": "The `next_cursor` of the page before.",
    "schema": {"type": "string"},
}
QUOTE_ID = {
    "in": "path",
    "name": "quote_id",
    "required": True,
    "schema": {"type": "string", "pattern": "^qt_[0-7][0-9A-HJKMNP-TV-Z]{25}$"},
    "example": "qt_01KAQ3ZC0V8Q4W2R7X9T5N6M1B",
}
NEEDS_QUOTE_TOKEN: list[dict[str, list[str]]] = [{"QuoteToken": []}]
NEEDS_ACCESS_TOKEN: list[dict[str, list[str]]] = [{"AccessToken": []}]
NEEDS_BOTH_TOKENS: list[dict[str, list[str]]] = [{"QuoteToken": [], "AccessToken": []}]
SECURITY_SCHEMES = {
    "QuoteToken": {
        "type": "apiKey",
        "in": "header",
        "name": "Quote-Token",
        "description": "The secret in the answer that started the quote.",
    },
    "AccessToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `access_token` in the answer to a registration or a log-in.",
    },
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_CHALLENGE = {"WWW-Authenticate": {"description": "What is missing.", "schema": {"type": "string"}}}
_HEADERS = {401: _CHALLENGE, 409: _RETRY_AFTER, 412: ETAG, 503: _RETRY_AFTER}
BAD_BODY = (http.MalformedRequest, http.UnsupportedMediaType, http.BodyTooLarge, http.InvalidRequest)
UNAVAILABLE = (errors.StoreUnavailable, errors.DatabaseUnavailable, errors.Overloaded)
NOT_AUTHENTICATED = (http.AccessTokenMissing, errors.AccessTokenInvalid, *UNAVAILABLE)
"""What every call that needs an access token can answer."""
_UNDER_V1 = (http.MalformedRequest, http.NotAcceptable)
"""What the frame refuses; operational calls answer whoever asks."""


def problems(blueprint: Blueprint, *kinds: type[Exception]) -> Callable[[View], View]:
    """Document these errors of a view, one response a status, with every code that it can have."""
    by_status: dict[int, dict[str, str]] = defaultdict(dict, {500: {"internal-error": "Something went wrong"}})
    for kind in (*(_UNDER_V1 if blueprint.url_prefix else ()), *kinds):
        status, code, title = _told(kind)
        by_status[status][code] = title

    def decorate(view: View) -> View:
        for status, titles in sorted(by_status.items()):
            view = blueprint.alt_response(
                status,
                schema=ProblemSchema,
                content_type=MEDIA_TYPE,
                description="; ".join(f"`{code}`: {title}" for code, title in titles.items()),
                headers=_HEADERS.get(status),
            )(view)
        return view

    return decorate


def _told(kind: Any) -> tuple[int, str, str]:
    if issubclass(kind, HttpError):
        return kind.status, kind.code, kind.title
    return ANSWERS[kind].status, kind.code, ANSWERS[kind].title
