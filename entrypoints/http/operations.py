"""For those who run the service: /healthz and /readyz."""

from __future__ import annotations

import logging

from domain import errors
from domain.errors import QuoteholdError
from entrypoints.http.access import services
from entrypoints.http.blueprint import ApiBlueprint
from entrypoints.http.documentation import problems
from entrypoints.http.errors import problem_of
from entrypoints.http.problems import HttpError
from entrypoints.http.schemas import HealthSchema, ReadinessSchema

_log = logging.getLogger("quotehold.readiness")

blueprint = ApiBlueprint("operations", __name__, description="Health")


class NotReady(HttpError):
    """Something that the service needs cannot be used. `checks` says what."""

    status, title = 503, "The service is not ready"

    def __init__(self, code: str, checks: dict[str, str]) -> None:
        super().__init__("See checks for what cannot be used, and the log for why.")
        self.code = code
        self.checks = checks

    def members(self) -> dict[str, object]:
        return {"checks": self.checks}

    def headers(self) -> dict[str, str]:
        return {"Retry-After": "5"}


def _remedy(error: QuoteholdError) -> str:
    return "run `quotes migrate`" if isinstance(error, errors.DatabaseOutdated) else problem_of(error).title


@blueprint.route("/healthz")
@blueprint.response(200, HealthSchema)
def health() -> dict[str, str]:
    """The process lives"""
    return {"status": "ok"}


@blueprint.route("/readyz")
@blueprint.response(200, ReadinessSchema)
@problems(blueprint, errors.StoreUnavailable, errors.DatabaseUnavailable, errors.Overloaded)
def readiness() -> dict[str, object]:
    """The service can work: its stores answer, with the scripts and the schema that it needs"""
    failed = dict(services().failures())
    for name, error in failed.items():
        _log.warning("%s: %s", name, error)
    checks = {name: _remedy(failed[name]) if name in failed else "ok" for name in services().probes}
    if failed:
        raise NotReady(next(iter(failed.values())).code, checks)
    return {"status": "ready", "checks": checks}
