"""Calls for operators and for developers of clients: /healthz, /readyz and /openapi.json."""

from __future__ import annotations

import logging
from functools import partial

from flask import Response, current_app

from domain import errors
from domain.errors import QuoteholdError
from entrypoints.http.openapi.blueprint import ApiBlueprint
from entrypoints.http.openapi.call import Call
from entrypoints.http.problems.http_errors import HttpError
from entrypoints.http.problems.table import ANSWERS, problem_of
from entrypoints.http.requests.bodies import JSON
from entrypoints.http.requests.context import DOCUMENT
from entrypoints.http.schemas.quotes import HealthSchema, OpenApiSchema, ReadinessSchema
from entrypoints.services import Services

_log = logging.getLogger("quotehold.readiness")

blueprint = ApiBlueprint("operations", __name__, description="The state of the service, and its contract.")
call = partial(Call, blueprint)


class NotReady(HttpError):
    """A refusal by /readyz: a server cannot be used. `checks` has the state of each."""

    status, title = 503, "The service is not ready"

    def __init__(self, code: str, checks: dict[str, str]) -> None:
        super().__init__("See checks for the servers that cannot be used, and the log for the reason.")
        self.code = code
        self.checks = checks

    def members(self) -> dict[str, object]:
        return {"checks": self.checks}

    def headers(self) -> dict[str, str]:
        return {"Retry-After": "5"}


def _remedy(error: QuoteholdError) -> str:
    return "run `quotes migrate`" if isinstance(error, errors.DatabaseOutdated) else problem_of(error).title


_NOT_READY = [
    NotReady(kind.code, {"store": "ok", "database": "ok"} | {part: ANSWERS[kind].title}).problem()
    for kind, part in [
        (errors.StoreUnavailable, "store"),
        (errors.DatabaseUnavailable, "database"),
        (errors.Overloaded, "database"),
    ]
]


@call("GET", "/healthz", answer=HealthSchema)
def get_health(_: Services) -> dict[str, str]:
    """The process lives

    Asks no server.
    """
    return {"status": "ok"}


@call("GET", "/readyz", answer=ReadinessSchema, problems=tuple(_NOT_READY))
def get_readiness(services: Services) -> dict[str, object]:
    """The service can work

    Succeeds if Redis and SQL answer and have the scripts and the schema that the service needs. `checks` shows the
    state of each.
    """
    failed = dict(services.failures())
    for name, error in failed.items():
        _log.warning("%s: %s", name, error)
    checks = {name: _remedy(failed[name]) if name in failed else "ok" for name in services.probes}
    if failed:
        raise NotReady(next(iter(failed.values())).code, checks)
    return {"status": "ready", "checks": checks}


@call("GET", "/openapi.json", answer=OpenApiSchema)
def get_openapi(_: Services) -> Response:
    """This document

    OpenAPI 3.1; `/docs` shows it in a browser.
    """
    return Response(current_app.extensions[DOCUMENT], content_type=JSON)
