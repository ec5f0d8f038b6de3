"""A worker of the web server that is killed (-9) during a registration, and a service that gets SIGTERM under load."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.redis.scripts import script
from tests.contract.support.database_fixtures import empty_database
from tests.contract.support.sql_server_backends import SqlServerBackend
from tests.e2e.test_under_load import Visitors, is_kept
from tests.faults.support.fault_proxy import FaultProxy
from tests.faults.support.proxied_service import before, step
from tests.servers.valkey import running_valkey
from tests.support.running_service import Service, descendants, environment, finished, lives, names, serving
from tests.support.waiting import Stopwatch, eventually

LEASE = 15.0
"""Seconds of the draft lease."""
SLOWNESS = 5
"""Seconds that a save may come late on a slow machine."""
PASSWORD = "correct horse battery"

pytestmark = pytest.mark.backend("valkey+postgresql")


@dataclass
class Broken:
    """A service with a fault proxy in front of each of its servers."""

    service: Service
    sql: SqlServerBackend
    to_sql: FaultProxy
    to_store: FaultProxy
    environ: dict[str, str]

    def register(self, quote: dict[str, Any], email: str = "maria@example.com") -> dict[str, Any]:
        path, person = f"/v1/quotes/{quote['quote_id']}/registration", {"email": email, "password": PASSWORD}
        found: dict[str, Any] = self.service.send("POST", path, quote["quote_token"], person)
        return found

    def kill_the_worker(self) -> None:
        [worker] = [pid for pid in descendants(self.service.process.pid) if is_worker(pid)]
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: not lives(worker))

    def assert_verified(self) -> None:
        done = finished("claims", "verify", environ=self.environ)
        assert done.returncode == 0, done.stdout + done.stderr


def is_worker(pid: int) -> bool:
    """Tell whether the process is a worker: both it and its parent are gunicorn."""
    parent = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1]
    return "gunicorn" in names({pid}) and "gunicorn" in names({int(parent)})


@pytest.fixture
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broken]:
    with (
        empty_database("postgresql", request, tmp_path) as sql,
        running_valkey(tmp_path / "store") as store,
        before(sql) as to_sql,
        FaultProxy(tmp_path / "store" / "valkey.sock") as to_store,
    ):
        assert isinstance(sql, SqlServerBackend)
        settings = {
            "QUOTES_DATABASE_URL": to_sql.through(sql.url),
            "QUOTES_REDIS_URL": to_store.through(store.url),
            "QUOTES_REPAIR_DELAY": "20s",
        }
        with serving(tmp_path / "data", **settings) as service:
            environ = environment(tmp_path / "data", **settings)
            yield Broken(service, sql, to_sql, to_store, environ)


def killed_while_registering(broken: Broken, quote: dict[str, Any], proxy: FaultProxy) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(broken.register, quote)
        eventually(lambda: proxy.struck == 1)
        broken.kill_the_worker()
        with pytest.raises((OSError, http.client.HTTPException)):
            answer.result()
    proxy.heal()


def status_of_save(broken: Broken, quote: dict[str, Any]) -> tuple[int, int]:
    """Save, and return the status and `Retry-After`, 0 if there is none."""
    path = f"/v1/quotes/{quote['quote_id']}/details"
    try:
        broken.service.send("PUT", path, quote["quote_token"], {"late": True})
    except urllib.error.HTTPError as error:
        return error.code, int(error.headers.get("Retry-After", 0))
    return 200, 0


def test_a_worker_that_is_killed_before_its_commit_leaves_a_lease_and_nothing_else(broken: Broken) -> None:
    quote = broken.service.send("POST", "/v1/quotes")
    broken.to_sql.swallow_request(step("INSERT INTO account"))
    killed_while_registering(broken, quote, broken.to_sql)
    killed = Stopwatch()
    status, retry_after = status_of_save(broken, quote)  # answered by the next worker, once it listens
    assert (status, 0 < retry_after <= LEASE + 1) == (409, True)
    assert broken.sql.rows() == (0, 0, 0)
    eventually(lambda: status_of_save(broken, quote)[0] == 200)
    assert killed.seconds < LEASE + SLOWNESS
    assert broken.register(quote)["quote"]["status"] == "claimed"
    assert broken.sql.rows() == (1, 1, 1)
    broken.assert_verified()


def test_a_worker_that_is_killed_after_its_commit_has_claimed_and_the_reconciler_tidies_up(broken: Broken) -> None:
    quote = broken.service.send("POST", "/v1/quotes")
    broken.to_store.swallow_request(script("finish", shebang=True).sha.encode())
    killed_while_registering(broken, quote, broken.to_store)
    assert broken.sql.rows() == (1, 1, 1)
    eventually(lambda: broken.sql.dicts("claim")[0]["cleanup"] == "finished", 90)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        broken.service.send("GET", f"/v1/quotes/{quote['quote_id']}", quote["quote_token"])
    assert (refusal.value.code, json.load(refusal.value)["code"]) == (410, "quote-claimed")
    assert broken.register(quote)["quote"]["status"] == "claimed"
    assert broken.sql.rows() == (1, 1, 1)
    broken.assert_verified()


def test_sigterm_under_load_ends_or_replays_requests_in_flight_and_loses_nothing(broken: Broken) -> None:
    with ThreadPoolExecutor(6) as pool, Visitors(broken.service, "v") as visitors:
        runs = [pool.submit(visitors.run, number) for number in range(6)]
        eventually(lambda: len(visitors.claimed) > 20 and len(visitors.saved) > 60, 90)
        visitors.stopped.set()  # from here on they may meet refused connections
        threading.Thread(target=broken.service.process.terminate).start()
        assert broken.service.process.wait(60) == 0
        for run in runs:
            run.result()
    accounts, claims, quotes = broken.sql.rows()
    assert accounts == claims == quotes >= len(visitors.claimed)
    with serving(Path(broken.environ["QUOTES_DATA_DIR"]), **settings_of(broken)) as service:
        lost = [key for key, (token, n, _) in visitors.saved.items() if not is_kept(service, key, token, n)]
        assert lost == []
        broken.assert_verified()


def settings_of(broken: Broken) -> dict[str, str]:
    names = ("QUOTES_DATABASE_URL", "QUOTES_REDIS_URL", "QUOTES_REPAIR_DELAY")
    return {name: broken.environ[name] for name in names}
