"""What a view reads from the request besides its body."""

from __future__ import annotations

from typing import cast

from flask import current_app, request

from domain.model import AccessToken
from entrypoints.http.problems.http_errors import AccessTokenMissing, QuoteTokenMissing
from entrypoints.services import Services

EXTENSION = "quotehold"
DOCUMENT = "quotehold.openapi"
"""The extension that is the OpenAPI document, as JSON."""


def services() -> Services:
    """The use cases of this app."""
    return cast("Services", current_app.extensions[EXTENSION])


def access_token() -> AccessToken:
    """
    The bearer token (RFC 6750), whatever it is.

    Raises: AccessTokenMissing
    """
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise AccessTokenMissing
    return AccessToken(token.strip())


def quote_token() -> str:
    """Raises: QuoteTokenMissing"""
    token = request.headers.get("Quote-Token")
    if not token:
        raise QuoteTokenMissing
    return token
