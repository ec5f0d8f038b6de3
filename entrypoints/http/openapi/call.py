"""The decorator of all views: from a declaration it makes the function that Flask calls, and the documentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from entrypoints.http.openapi.declaration import Declaration
from entrypoints.http.openapi.operation import operation
from entrypoints.http.openapi.serving import serving

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Call(Declaration):
    """A declaration that registers the view below it. The view itself stays unchanged, for callers in Python."""

    def __call__(self, view: View) -> View:
        """Register the view under its own name, which is also its operationId."""
        self.blueprint.add(self.path, self.method, serving(self, view), operation(self, view.__name__))
        return view
