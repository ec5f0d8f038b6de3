"""The access matrix: every call with every variant of the secrets, compared with the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from jsonschema import ValidationError
from werkzeug.test import TestResponse

from tests.e2e.access.support.actors import NEW_PASSWORD, PASSWORD, PRIVATE, Actors
from tests.e2e.access.support.expected import EXPECTED, Cell
from tests.e2e.access.support.inspected_service import InspectedService
from tests.e2e.access.support.table import CHALLENGES
from tests.e2e.access.support.variants import Sent, sent

BODIES: dict[str, Callable[[Actors], Any]] = {
    "POST /v1/quotes": lambda actors: {"details": {"note": PRIVATE}},
    "PUT /v1/quotes/{quote_id}/details": lambda actors: {"saved": True},
    "PATCH /v1/quotes/{quote_id}/details": lambda actors: {"merged": True},
    "POST /v1/quotes/{quote_id}/registration": lambda actors: {"email": actors.new_email(), "password": PASSWORD},
    "POST /v1/sessions": lambda actors: {"email": actors.maria.email, "password": PASSWORD},
    "PUT /v1/account/password": lambda actors: {"password": PASSWORD, "new_password": NEW_PASSWORD},
    "DELETE /v1/account": lambda actors: {"password": PASSWORD},
}
"""A valid body for each call that takes one; the passwords are Maria's."""
# Parts of the names of calls that invalidate some secret. A log-in can, too: beyond its limit, the oldest session ends.
_ENDING = ("DELETE", "/registration", "/claim", "/sessions", "/password")


def url(call: str, request: Sent) -> str:
    path = call.partition(" ")[2]
    quote_id = request.owned_id if path.startswith("/v1/account") else request.quote_id
    return path.replace("{quote_id}", quote(quote_id, safe=""))


def ask(actors: Actors, call: str, request: Sent, method: str = "") -> TestResponse:
    """Send one request. `method` replaces the call's own; such a request has no body."""
    make_body = None if method else BODIES.get(call)
    return actors.inspected.client.open(
        url(call, request),
        method=method or call.partition(" ")[0],
        headers=request.headers,
        query_string=request.query,
        json=make_body(actors) if make_body else None,
    )


def answer(response: TestResponse) -> tuple[str, list[tuple[str, str]], str]:
    """Return the whole answer without the id of its request."""
    request_id = response.headers["X-Request-Id"]
    headers = [(name, value) for name, value in response.headers if name != "X-Request-Id"]
    return response.status, headers, response.text.replace(request_id, "")


def assert_alike(answers: dict[str, object]) -> None:
    first = next(iter(answers.values()))
    others = {name: other for name, other in answers.items() if other != first}
    assert not others, f"{others} is not {first}"


def faults(inspected: InspectedService, cells: Iterable[Cell]) -> list[str]:
    """Return a line for each cell that differs from the table. A refused call must change nothing."""
    cells, found = list(cells), []
    refusals = _Refusals(inspected)
    for cell in (cell for cell in cells if cell.code):
        if complaints := refusals.refused(cell):
            found.append(_line(cell, complaints))
            refusals = _Refusals(inspected)  # its effects must not spoil the next cell
    for cell in (cell for cell in cells if not cell.code):
        actors = Actors(inspected) if any(part in cell.call for part in _ENDING) else refusals.actors
        if complaints := _asked(actors, cell, sent(actors, cell.variant))[0]:
            found.append(_line(cell, complaints))
    return found


class _Refusals:
    """Actors for all refused cells in turn: a refused call leaves everything as it was."""

    def __init__(self, inspected: InspectedService) -> None:
        self.actors = Actors(inspected)
        self.requests = {variant: sent(self.actors, variant) for variant in EXPECTED}
        self.before = inspected.everything()

    def refused(self, cell: Cell) -> list[str]:
        complaints, told = _asked(self.actors, cell, self.requests[cell.variant])
        if self.actors.inspected.everything() != self.before:
            complaints.append("it changed stored data")
        if any(secret in told for secret in (PRIVATE, "qk_", "at_")):
            complaints.append(f"it shows private data: {told}")
        return complaints


def _asked(actors: Actors, cell: Cell, request: Sent) -> tuple[list[str], str]:
    """Return the complaints about the answer, and the answer."""
    try:
        response = ask(actors, cell.call, request)
    except (AssertionError, ValidationError) as error:
        return [f"the answer fails the checks of every answer: {error!r}"], ""
    return _compared(response, cell), f"{response.headers}{response.text}"


def _compared(response: TestResponse, cell: Cell) -> list[str]:
    code = response.json["code"] if response.json and response.status_code >= 400 else ""
    complaints = []
    if (response.status_code, code) != (cell.status, cell.code):
        complaints.append(f"it answered {response.status_code} {code}")
    challenge = response.headers.get("WWW-Authenticate")
    if challenge != (CHALLENGES[cell.code] if cell.status == 401 else None):
        complaints.append(f"WWW-Authenticate is {challenge}")
    return complaints


def _line(cell: Cell, complaints: list[str]) -> str:
    return f"{cell.call}, {cell.variant}, expected {cell.status} {cell.code}: {'; '.join(complaints)}"
