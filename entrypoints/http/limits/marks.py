"""Which limit a call counts against. Here it is marked and documented; who counts stands elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

LIMITED = "rate_limit"
"""The attribute of a view that holds its Rate."""


class Rate(StrEnum):
    """What may be done so often: each has a limit of its own."""

    START = "start"
    CREDENTIALS = "credentials"
    """Whatever takes a password, which is slow to check and worth guessing."""
    SAVE = "save"
    READ = "read"


def limited(rate: Rate) -> Callable[[View], View]:
    """Mark a view: it counts against this limit, and its documentation says what a caller sees of that."""

    def decorate(view: View) -> View:
        vars(view)[LIMITED] = rate
        return view

    return decorate
