"""The one normal form of a password: the rules count it, and the hash is made of it."""

from __future__ import annotations

import unicodedata


def normal_form(password: str) -> str:
    """Return the password in NFKC: keyboards differ in how they compose the same character."""
    return unicodedata.normalize("NFKC", password)
