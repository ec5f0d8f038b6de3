"""The declaration of a call, as data: its input, its answers, and the secrets that it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from marshmallow import Schema

from domain.model import Email
from entrypoints.http.limits.marks import Limit
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.problems.problem import Problem


class Secret(StrEnum):
    """A secret that a call needs, by the name of its security scheme in the document."""

    QUOTE_TOKEN = "QuoteToken"  # noqa: S105 - a name
    ACCESS_TOKEN = "AccessToken"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Links:
    """Calls that can follow an answer. `pointer` leads to the quote's id in the body of the answer."""

    pointer: str
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """
    A call of the service. The view gets the use cases, and by name the variable parts of the path. Where it declares
    them it also gets `body`, `quote_token`, `access_token`, `expected` (the revision of If-Match), `key` (the
    Idempotency-Key) and `page`. The view returns the value that `answer` dumps, an `Answer`, or a Response.

    `status` is the status of a success; `also` describes other statuses with the same body. `headers` are documented
    for a success. `etag` sends the revision of the result; with `not_modified`, If-None-Match can make the answer a
    304. `email` finds the address in the body; the request is counted for that address too. `problems` are documented
    beside the problems of every call.
    """

    blueprint: ApiBlueprint
    method: str
    path: str
    status: int = 200
    body: type[Schema] | None = None
    answer: type[Schema] | None = None
    limit: Limit | None = None
    email: Callable[[Any], Email] | None = None
    secrets: tuple[Secret, ...] = ()
    if_match: bool = False
    idempotency_key: bool = False
    page: bool = False
    etag: bool = False
    not_modified: bool = False
    headers: tuple[str, ...] = ()
    also: Mapping[int, str] = field(default_factory=dict)
    links: Links | None = None
    problems: tuple[type[Exception] | Problem, ...] = ()
