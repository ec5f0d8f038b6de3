"""Checks the URL of a database by the grammar of the adapter."""

from __future__ import annotations

from adapters.sql.url import parse


def database_url(text: str) -> str:
    """
    Return the URL if the adapter can use it.

    Raises: ValueError; its message shows nothing of the URL
    """
    try:
        parse(text)
    except ValueError as error:
        raise ValueError(f"must be the URL of a database. {error}") from None
    return text
