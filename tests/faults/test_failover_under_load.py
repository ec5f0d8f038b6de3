"""A primary is killed under load: what clients of the whole service see of it, for how long, and what is lost."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.contract.support.database_fixtures import empty_database
from tests.servers.cluster import running_cluster
from tests.servers.node import Node
from tests.servers.process import or_skip
from tests.servers.sentinel import running_sentinel
from tests.support.running_service import Service, serving
from tests.support.waiting import eventually

RATE = 200
"""Saves a second, of all clients."""
CLIENTS = 40
BEFORE, AFTER = 3.0, 12.0
"""Seconds of load before the kill, and after it."""
BACK = 10.0


@dataclass
class Visitor:
    """Saves one number after the other to a quote of its own, at its share of the rate."""

    service: Service
    quote: dict[str, Any]
    acknowledged: int = 0
    errors: list[tuple[float, int, str]] = field(default_factory=list)
    """When it was answered, the status, and the code."""

    def run(self, began: float, until: float) -> None:
        turn, pause = 0, CLIENTS / RATE
        wait = threading.Event().wait
        while (now := time.monotonic()) < until:
            turn += 1
            self._save(turn)
            # Its place in the timetable, and not the answer, says when the next save is due.
            wait(max(0.0, min(began + turn * pause, until) - now))

    def _save(self, number: int) -> None:
        path = f"/v1/quotes/{self.quote['quote_id']}/details"
        try:
            self.service.send("PUT", path, self.quote["quote_token"], {"n": number})
            self.acknowledged = number
        except urllib.error.HTTPError as error:
            self.errors.append((time.monotonic(), error.code, json.load(error)["code"]))

    def stored(self) -> int:
        path = f"/v1/quotes/{self.quote['quote_id']}"
        return int(self.service.send("GET", path, self.quote["quote_token"])["details"].get("n", 0))


@pytest.fixture(params=["sentinel+postgresql", "cluster+postgresql"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Service, Callable[[], Node]]]:
    """The service, and which server is to be killed."""
    store, _, database = request.param.partition("+")
    running: Any = running_sentinel if store == "sentinel" else running_cluster
    with or_skip(running(tmp_path / "store")) as servers:

        def victim() -> Node:
            found: Node = servers.primary if store == "sentinel" else servers.primaries[0]
            return found

        eventually(servers.settled)
        with (
            empty_database(database, request, tmp_path) as sql,
            serving(tmp_path / "data", QUOTES_DATABASE_URL=sql.url, **servers.environ) as service,
        ):
            yield service, victim


def test_a_killed_primary_is_seen_for_seconds_as_503_and_costs_at_most_the_saves_not_replicated(
    served: tuple[Service, Callable[[], Node]], record_property: Callable[[str, object], None]
) -> None:
    service, victim = served
    visitors = [Visitor(service, service.send("POST", "/v1/quotes")) for _ in range(CLIENTS)]
    primary = victim()
    with ThreadPoolExecutor(CLIENTS) as pool:
        began = time.monotonic()
        runs = [pool.submit(visitor.run, began, began + BEFORE + AFTER) for visitor in visitors]
        threading.Event().wait(BEFORE)  # the length of the load before the fault
        killed = time.monotonic()
        primary.kill()
        for run in runs:
            run.result()

    errors = [error for visitor in visitors for error in visitor.errors]
    lost = [visitor.acknowledged - visitor.stored() for visitor in visitors]
    first, last = (min(errors)[0] - killed, max(errors)[0] - killed) if errors else (0.0, 0.0)
    record_property(
        "figure",
        f"{len(errors)} saves of {RATE}/s refused, from {first:.1f} s to {last:.1f} s after the kill, "
        f"by {sum(bool(visitor.errors) for visitor in visitors)} of {CLIENTS} clients; "
        f"{sum(n > 0 for n in lost)} acknowledged saves lost",
    )
    assert {(status, code) for _, status, code in errors} == {(503, "store-unavailable")}
    assert first > -0.5
    assert last < BACK
    # A failover may lose what was not replicated yet: of a client that waits for each answer, its last save.
    assert all(n <= 1 for n in lost), lost
