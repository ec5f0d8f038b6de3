"""The kinds of rate limits. `counting` does the counting."""

from __future__ import annotations

from enum import StrEnum

LIMITED = "rate_limit"
"""The attribute of a view that holds its Limit."""


class Limit(StrEnum):
    """A kind of call, with its own limit."""

    START = "start"
    CREDENTIALS = "credentials"
    """Calls with a password: it is slow to check, and attackers guess it."""
    SAVE = "save"
    READ = "read"
