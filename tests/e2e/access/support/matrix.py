"""Asks every call with every variant of the secrets, and compares what is answered, and stored, with the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from jsonschema import ValidationError
from werkzeug.test import TestResponse

from tests.e2e.access.support.actors import NEW_PASSWORD, PASSWORD, PRIVATE, Cast
from tests.e2e.access.support.expected import EXPECTED, Cell
from tests.e2e.access.support.inspected_service import Stand
from tests.e2e.access.support.table import CHALLENGES
from tests.e2e.access.support.variants import Sent, sent

BODIES: dict[str, Callable[[Cast], Any]] = {
    "POST /v1/quotes": lambda cast: {"details": {"note": PRIVATE}},
    "PUT /v1/quotes/{quote_id}/details": lambda cast: {"saved": True},
    "PATCH /v1/quotes/{quote_id}/details": lambda cast: {"merged": True},
    "POST /v1/quotes/{quote_id}/registration": lambda cast: {"email": cast.new_email(), "password": PASSWORD},
    "POST /v1/sessions": lambda cast: {"email": cast.maria.email, "password": PASSWORD},
    "PUT /v1/account/password": lambda cast: {"password": PASSWORD, "new_password": NEW_PASSWORD},
    "DELETE /v1/account": lambda cast: {"password": PASSWORD},
}
"""A valid one for each call that takes one; passwords are Maria's."""
# Parts of the calls after which some secret is no longer what it was. Of too many sessions, the first ends.
_ENDING = ("DELETE", "/registration", "/claim", "/sessions", "/password")


def url(call: str, request: Sent) -> str:
    path = call.partition(" ")[2]
    quote_id = request.owned_id if path.startswith("/v1/account") else request.quote_id
    return path.replace("{quote_id}", quote(quote_id, safe=""))


def ask(cast: Cast, call: str, request: Sent, method: str = "") -> TestResponse:
    """With `method`, that one in place of the call's own, and no body."""
    body = None if method else BODIES.get(call, lambda _: None)(cast)
    return cast.stand.client.open(
        url(call, request),
        method=method or call.partition(" ")[0],
        headers=request.headers,
        query_string=request.query,
        json=body,
    )


def answer(response: TestResponse) -> tuple[str, list[tuple[str, str]], str]:
    """All that is sent, but for the id of the request."""
    request_id = response.headers["X-Request-Id"]
    headers = [(name, value) for name, value in response.headers if name != "X-Request-Id"]
    return response.status, headers, response.text.replace(request_id, "")


def assert_alike(answers: dict[str, object]) -> None:
    first = next(iter(answers.values()))
    others = {name: other for name, other in answers.items() if other != first}
    assert not others, f"{others} is not {first}"


def faults(stand: Stand, cells: Iterable[Cell]) -> list[str]:
    """A line for each cell that is not as the table says. Those that are refused must change nothing."""
    cells, found = list(cells), []
    stage = _Stage(stand)
    for cell in (cell for cell in cells if cell.code):
        if complaints := stage.refused(cell):
            found.append(_line(cell, complaints))
            stage = _Stage(stand)  # whatever it did must not spoil the next one
    for cell in (cell for cell in cells if not cell.code):
        cast = Cast(stand) if any(part in cell.call for part in _ENDING) else stage.cast
        if complaints := _asked(cast, cell, sent(cast, cell.variant))[0]:
            found.append(_line(cell, complaints))
    return found


class _Stage:
    """On which all cells that are refused can follow each other: they leave everything as it was."""

    def __init__(self, stand: Stand) -> None:
        self.cast = Cast(stand)
        self.requests = {variant: sent(self.cast, variant) for variant in EXPECTED}
        self.before = stand.everything()

    def refused(self, cell: Cell) -> list[str]:
        complaints, told = _asked(self.cast, cell, self.requests[cell.variant])
        if self.cast.stand.everything() != self.before:
            complaints.append("something that is stored was changed")
        if any(secret in told for secret in (PRIVATE, "qk_", "at_")):
            complaints.append(f"it tells what is not for everybody: {told}")
        return complaints


def _asked(cast: Cast, cell: Cell, request: Sent) -> tuple[list[str], str]:
    """What is wrong with the answer, and all of it."""
    try:
        response = ask(cast, cell.call, request)
    except (AssertionError, ValidationError) as error:
        return [f"the client does not take the answer: {error!r}"], ""
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
