"""A walk over the classes of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

E = TypeVar("E", bound=Exception)


def subclasses(kind: type[E]) -> Iterator[type[E]]:
    """Yield all direct and indirect subclasses."""
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)
