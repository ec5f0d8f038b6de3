"""The rate limits that a call can count against; `counting` does the counting."""

from __future__ import annotations

from enum import StrEnum

LIMITED = "rate_limit"
"""The attribute of a call's function that holds its Limit."""


class Limit(StrEnum):
    """Kinds of calls, each with a limit of its own."""

    START = "start"
    CREDENTIALS = "credentials"
    """Calls that take a password: it is slow to check, and worth guessing."""
    SAVE = "save"
    READ = "read"
