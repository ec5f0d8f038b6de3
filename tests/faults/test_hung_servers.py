"""Servers that hang (SIGSTOP): the service answers within its deadline, and works again when they are back."""

from __future__ import annotations

import itertools
import json
import os
import signal
import urllib.error
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.contract.support.database_fixtures import empty_database
from tests.contract.support.sql_server_backends import SqlServerBackend
from tests.support.running_service import Service, descendants, names, serving
from tests.support.waiting import Stopwatch, eventually

DEADLINE = 8.0
"""Seconds that a request may take, as docs/protocol.md says."""
STORE_DEADLINE = 0.5
BACK = 20.0
"""Seconds until a request succeeds after the server is back: a ceiling, also for a busy machine."""
SLOWNESS = 3.0
"""Seconds that an answer may come late on a busy machine. One blocked loop would cost 3.5 s or more."""
CLIENTS = 40
"""More clients than the pool has connections to the database."""


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]
    seconds: float


class Served(NamedTuple):
    """The service with one worker, in which a blocked loop shows, on its own Valkey and a database that may hang."""

    service: Service
    sql: SqlServerBackend

    def send(self, method: str, path: str, token: str = "", body: object = None) -> Answer:
        watch = Stopwatch()
        try:
            status, found = 200, self.service.send(method, path, token, body)
        except urllib.error.HTTPError as error:
            status, found = error.code, json.load(error)
        return Answer(status, found, watch.seconds)

    def start(self) -> dict[str, Any]:
        return self.service.send("POST", "/v1/quotes")

    def get(self, quote: dict[str, Any]) -> Answer:
        return self.send("GET", f"/v1/quotes/{quote['quote_id']}", quote["quote_token"])

    def save(self, quote: dict[str, Any]) -> Answer:
        return self.send("PUT", f"/v1/quotes/{quote['quote_id']}/details", quote["quote_token"], {"saved": True})

    def register(self, quote: dict[str, Any]) -> Answer:
        person = {"email": f"{quote['quote_id']}@example.com", "password": "correct horse battery"}
        return self.send("POST", f"/v1/quotes/{quote['quote_id']}/registration", quote["quote_token"], person)

    def is_registered(self, quote: dict[str, Any]) -> bool:
        """Register, and tell whether that succeeded."""
        return self.register(quote).status == 200

    @contextmanager
    def hung_store(self) -> Iterator[None]:
        [valkey] = [pid for pid in descendants(self.service.process.pid) if "valkey-server" in names({pid})]
        os.kill(valkey, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(valkey, signal.SIGCONT)


@pytest.fixture(params=["valkey+postgresql", "valkey+mariadb"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    name = request.param.partition("+")[2]
    with (
        empty_database(name, request, tmp_path) as sql,
        serving(tmp_path / "data", QUOTES_DATABASE_URL=sql.url) as service,
    ):
        assert isinstance(sql, SqlServerBackend)
        yield Served(service, sql)


def test_a_hung_database_costs_a_registration_its_deadline_and_nobody_else_anything(served: Served) -> None:
    quotes, other = [served.start() for _ in range(CLIENTS)], served.start()
    with ThreadPoolExecutor(CLIENTS) as pool:
        with served.sql.hung():
            registrations = [pool.submit(served.register, quote) for quote in quotes]
            meanwhile = []
            while not all(registration.done() for registration in registrations):
                meanwhile += [served.get(other), served.save(other)]
            answers = [registration.result() for registration in registrations]
        eventually(partial(served.is_registered, other), BACK)
    assert {(answer.status, answer.body["code"]) for answer in answers} == {
        (503, "database-unavailable"),
        (503, "overloaded"),
    }
    assert max(answer.seconds for answer in answers) < DEADLINE + SLOWNESS
    assert {answer.status for answer in meanwhile} == {200}
    assert max(answer.seconds for answer in meanwhile) < SLOWNESS
    # No draft was lost: each is open, or will be open when its lease ends.
    for quote in quotes:
        eventually(partial(served.is_registered, quote))
    assert served.sql.rows() == (CLIENTS + 1,) * 3


def test_a_hung_store_costs_a_request_its_deadline_and_a_registration_is_taken(served: Served) -> None:
    quotes = [served.start() for _ in range(CLIENTS)]
    calls: list[Callable[[dict[str, Any]], Answer]] = [served.get, served.save]
    with ThreadPoolExecutor(CLIENTS) as pool:
        with served.hung_store():
            work = [pool.submit(call, quote) for quote, call in zip(quotes, itertools.cycle(calls), strict=False)]
            health = served.send("GET", "/healthz")
            answers = [done.result() for done in work]
            registered = served.register(quotes[0])
        eventually(lambda: served.get(quotes[1]).status == 200, BACK)
    assert {(answer.status, answer.body["code"]) for answer in answers} == {(503, "store-unavailable")}
    assert max(answer.seconds for answer in answers) < 2 * STORE_DEADLINE + SLOWNESS
    assert health.status == 200
    assert health.seconds < SLOWNESS
    assert (registered.status, registered.body["quote"]["status"]) == (200, "pending")
    assert registered.body["access_token"] is None
    assert registered.seconds < 4 * STORE_DEADLINE + SLOWNESS
