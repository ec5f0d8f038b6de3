"""The secrets in a request's headers, and the use cases of its app."""

from __future__ import annotations

from typing import cast

from flask import current_app, request

from domain.model import AccessToken
from entrypoints.http.problems.http_errors import AccessTokenMissing, QuoteTokenMissing
from entrypoints.services import Services

EXTENSION = "quotehold"
DOCUMENT = "quotehold.openapi"
"""The name of the extension that holds the OpenAPI document, as JSON."""


def services() -> Services:
    """Return the use cases of this app."""
    return cast("Services", current_app.extensions[EXTENSION])


def access_token() -> AccessToken:
    """
    Return the bearer token (RFC 6750), without a check.

    Raises: AccessTokenMissing
    """
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise AccessTokenMissing
    return AccessToken(token.strip())


def quote_token() -> str:
    """
    Return the quote's token, without a check.

    Raises: QuoteTokenMissing
    """
    token = request.headers.get("Quote-Token")
    if not token:
        raise QuoteTokenMissing
    return token
