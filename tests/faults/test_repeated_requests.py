"""Clients that repeat a registration over HTTP without a key, after no answer or after a 409 or 503."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.support.database_fixtures import empty_database
from tests.contract.support.sql_backends import SqlBackend
from tests.faults.support.fault_proxy import FaultProxy
from tests.faults.support.proxied_service import BACKENDS, DEADLINE, before, step
from tests.support.running_service import Service, serving
from tests.support.waiting import Stopwatch

PERSON = {"email": "maria@example.com", "password": "correct horse battery"}


@dataclass
class Answer:
    status: int
    headers: Message
    body: dict[str, Any]
    seconds: float

    @property
    def owner(self) -> tuple[str, str]:
        return self.body["quote"]["quote_id"], self.body["account"]["account_id"]


@dataclass
class Served:
    """`quotes serve`, with a proxy in front of it and another between it and its database."""

    service: Service
    sql: SqlBackend
    to_service: FaultProxy
    to_sql: FaultProxy

    def start(self) -> dict[str, Any]:
        return self.service.send("POST", "/v1/quotes")

    def register(self, quote: dict[str, Any], **headers: str) -> Answer:
        """
        Register through the proxy.

        Raises: OSError, HTTPException (if the connection ends)
        """
        headers = {"Content-Type": "application/json", "Quote-Token": quote["quote_token"], **headers}
        watch = Stopwatch()
        with closing(http.client.HTTPConnection(*self.to_service.address, timeout=30)) as connection:
            path = f"/v1/quotes/{quote['quote_id']}/registration"
            connection.request("POST", path, json.dumps(PERSON), headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, json.load(answer), watch.seconds)

    def committed(self) -> list[tuple[str, str]]:
        """Return the ids of the claimed quotes, each with its account id."""
        return [(row["quote_id"], row["account_id"]) for row in self.sql.dicts("quote")]


@pytest.fixture(params=BACKENDS)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    with (
        empty_database(request.param.partition("+")[2], request, tmp_path) as sql,
        before(sql) as to_sql,
        serving(tmp_path / "data", QUOTES_DATABASE_URL=to_sql.through(sql.url)) as service,
    ):
        address = urlsplit(service.url)
        assert address.hostname
        assert address.port
        with FaultProxy((address.hostname, address.port)) as to_service:
            yield Served(service, sql, to_service, to_sql)


@pytest.mark.parametrize("sends_if_match", [False, True], ids=["", "if-match"])
def test_a_client_without_an_answer_repeats_and_gets_the_same_account_and_quote(
    served: Served, sends_if_match: bool
) -> None:
    quote = served.start()
    headers = {"If-Match": f'"{quote["revision"]}"'} if sends_if_match else {}
    served.to_service.cut_reply(b"/registration")
    with pytest.raises(ConnectionError):
        served.register(quote, **headers)
    assert served.to_service.struck == 1
    assert served.sql.rows() == (1, 1, 1)
    for _ in range(2):
        again = served.register(quote, **headers)
        assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
        assert [again.owner] == served.committed()
        assert again.body["access_token"]
    assert served.sql.rows() == (1, 1, 1)


def test_a_lost_reply_to_commit_changes_nothing_for_the_client(served: Served) -> None:
    quote = served.start()
    served.to_sql.cut_reply(step("COMMIT"))
    answer = served.register(quote)
    assert served.to_sql.struck == 1
    assert (answer.status, answer.headers["Idempotency-Replayed"]) == (201, None)
    assert [answer.owner] == served.committed()
    assert served.sql.rows() == (1, 1, 1)
    assert answer.seconds < DEADLINE


def test_after_a_swallowed_commit_the_client_is_answered_and_registered_within_15_s(
    served: Served,
) -> None:
    quote = served.start()
    served.to_sql.swallow_request(step("COMMIT"))
    answer = served.register(quote)
    assert served.to_sql.struck == 1
    assert (answer.status, answer.body["code"]) == (503, "database-unavailable")
    assert answer.seconds < DEADLINE
    answered = Stopwatch()
    while answer.status != 201:
        assert answer.status in (409, 503), answer
        time.sleep(int(answer.headers["Retry-After"]))  # as the answer demands
        answer = served.register(quote)
        assert answer.seconds < DEADLINE
        assert answered.seconds < 15
    assert [answer.owner] == served.committed()
    assert served.sql.rows() == (1, 1, 1)
