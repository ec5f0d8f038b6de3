"""What a view reads from the request besides its body."""

from __future__ import annotations

from typing import cast

from flask import current_app, request

from entrypoints.http.problems import QuoteTokenMissing
from entrypoints.services import Services

EXTENSION = "quotehold"


def services() -> Services:
    """The use cases of this app."""
    return cast("Services", current_app.extensions[EXTENSION])


def quote_token() -> str:
    """Raises: QuoteTokenMissing"""
    token = request.headers.get("Quote-Token")
    if not token:
        raise QuoteTokenMissing
    return token
