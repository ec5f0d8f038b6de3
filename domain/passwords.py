"""A password's normal form, the only one: the password rules count it, and the hash is computed from it."""

from __future__ import annotations

import unicodedata


def normal_form(password: str) -> str:
    """Return the password in NFKC, because keyboards compose the same character in different ways."""
    return unicodedata.normalize("NFKC", password)
