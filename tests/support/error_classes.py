"""The classes of errors, found by their inheritance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

E = TypeVar("E", bound=Exception)


def subclasses(kind: type[E]) -> Iterator[type[E]]:
    """Yield all classes below an error's class."""
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)
