"""Ten thousand hostile bodies: each is accepted or refused, and a refused body leaves no trace."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.support.hostile_bodies import HostileBodies
from tests.faults.support.workers import valkey_of, workers
from tests.support.running_service import Service, serving

BODIES = 10_000
CLIENTS = 4
SEED = 20261124
REFUSALS = {(400, "malformed-request"), (413, "body-too-large"), (422, "invalid-request")}

pytestmark = pytest.mark.backend("valkey+sqlite")


class Attacker:
    """An attacker with a quote of its own, which must hold the details that were accepted last."""

    def __init__(self, service: Service, number: int) -> None:
        self.bodies = HostileBodies(SEED + number)
        self.told: Counter[tuple[int, str]] = Counter()
        self.started = 0
        self._service = service
        self._connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=20)
        self._quote = service.send("POST", "/v1/quotes", body={"details": {"mine": number}})
        self._expected: dict[str, Any] = {name: value for name, value in self._quote.items() if name != "quote_token"}

    def attack(self, number: int) -> None:
        body = self.bodies.next()
        details = f"/v1/quotes/{self._quote['quote_id']}/details"
        method, path = (("POST", "/v1/quotes"), ("PUT", details), ("PATCH", details))[number % 3]
        if method == "POST" and number % 2:
            body = b'{"details":' + body + b"}"
        status, answer = self._send(method, path, body, chunked=number % 7 == 0)
        told = status, str(answer.get("code", ""))
        self.told[told] += 1
        assert status in (200, 201) or told in REFUSALS, (told, method, body[:200])
        if status == 201:
            self.started += 1
        elif status == 200:
            self._expected = answer
        elif number % 31 == 0:
            self.check()

    def close(self) -> None:
        self._connection.close()

    def check(self) -> None:
        found = self._service.send("GET", f"/v1/quotes/{self._quote['quote_id']}", str(self._quote["quote_token"]))
        assert found == self._expected

    def _send(self, method: str, path: str, body: bytes, *, chunked: bool) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json", "Quote-Token": str(self._quote["quote_token"])}
        pieces = iter([body]) if chunked and body else body
        self._connection.request(method, path, pieces, headers, encode_chunked=chunked and bool(body))
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())


def _attack_and_check(attacker: Attacker) -> None:
    with closing(attacker):
        for number in range(BODIES // CLIENTS):
            attacker.attack(number)
    attacker.check()


def test_each_body_is_accepted_or_refused_and_a_refused_body_leaves_no_trace(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    folder = tmp_path / "data"
    with serving(folder, QUOTES_WORKERS="2", QUOTES_RATE_LIMITS="off") as service:
        before = {worker.pid for worker in workers(service)}
        attackers = [Attacker(service, number) for number in range(CLIENTS)]

        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(_attack_and_check, attackers))
        with closing(valkey_of(folder)) as valkey:
            keys = valkey.dbsize()
        assert keys == CLIENTS + sum(attacker.started for attacker in attackers)
        assert {worker.pid for worker in workers(service)} == before
        assert service.send("GET", "/readyz")["status"] == "ready"
        assert "ERROR" not in service.text()
        assert "Traceback" not in service.text()
    told = sum((attacker.told for attacker in attackers), Counter())
    assert told.total() == BODIES
    assert REFUSALS | {(200, ""), (201, "")} == told.keys(), told  # each answer occurs, or the test would prove little
    record_property(
        "figure", ", ".join(f"{status} {code}: {number:,}" for (status, code), number in sorted(told.items()))
    )
