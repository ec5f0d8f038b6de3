"""The whole service, as processes, under load, locks and kill -9."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import signal
import socket
import sqlite3
import threading
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.running_service import Service, descendants, environment, finished, lives, serving
from tests.support.waiting import eventually

SAMPLES = sorted(Path(__file__).parents[1].joinpath("samples").glob("*.json"))
FSYNC = 2.0
"""Seconds. appendfsync everysec writes at least that often."""
PASSWORD = "correct horse battery"

pytestmark = [pytest.mark.backend("valkey+sqlite"), pytest.mark.timeout(180)]


def rows(folder: Path, sql: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(folder / "quotes.db")) as connection:
        return connection.execute(sql, values).fetchall()


def register(service: Service, quote: dict[str, Any], email: str) -> tuple[int, dict[str, Any]]:
    """Send a registration, and return the status and body of its answer, also of a refusal."""
    path = f"/v1/quotes/{quote['quote_id']}/registration"
    try:
        return 201, service.send("POST", path, quote["quote_token"], {"email": email, "password": PASSWORD})
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_all_samples_go_the_whole_way_and_come_back_from_sql_equal(folder: Path) -> None:
    with serving(folder) as service:
        for path in SAMPLES:
            details = json.loads(path.read_text("utf-8"))
            quote = service.send("POST", "/v1/quotes", body={"product": details["product"]})
            service.send("PUT", f"/v1/quotes/{quote['quote_id']}/details", quote["quote_token"], details)
            assert register(service, quote, f"{path.stem}@example.com")[0] == 201
            [(text,)] = rows(folder, "SELECT details FROM quote WHERE quote_id = ?", quote["quote_id"])
            assert json.loads(text) == details
            assert list(json.loads(text)) == list(details)


def test_of_fifty_requests_to_register_one_quote_one_is_answered_201(folder: Path) -> None:
    with serving(folder, QUOTES_WORKERS="2") as service, ThreadPoolExecutor(50) as pool:
        for round_number in range(1, 11):
            quote = service.send("POST", "/v1/quotes")
            barrier = threading.Barrier(50)

            def claim(number: int, barrier: threading.Barrier = barrier, quote: Any = quote) -> tuple[int, Any]:
                barrier.wait()
                return register(service, quote, f"p{number}@example.com")

            answers = list(pool.map(claim, range(round_number * 100, round_number * 100 + 50)))
            codes = sorted((status, body.get("code", "")) for status, body in answers)
            assert codes[0] == (201, ""), codes
            others = {
                (409, "claim-in-progress"),
                (409, "quote-claimed"),
                (503, "overloaded"),
            }  # the last on a busy machine
            assert set(codes[1:]) <= others
            assert rows(folder, "SELECT count(*) FROM account") == [(round_number,)]


@contextmanager
def locked(folder: Path, seconds: float) -> Iterator[None]:
    """Hold SQLite's write lock from another connection for that many seconds, and at least for the block."""
    with closing(sqlite3.connect(folder / "quotes.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        free_at = time.monotonic() + seconds
        yield
        time.sleep(max(0, free_at - time.monotonic()))  # the length of the fault, not a wait for anything
        other.execute("ROLLBACK")


def test_others_are_served_while_ten_passwords_are_hashed_and_the_database_is_locked(folder: Path) -> None:
    slowest = 0.0
    with serving(folder) as service, ThreadPoolExecutor(10) as pool:
        quotes = [service.send("POST", "/v1/quotes") for _ in range(10)]
        with locked(folder, 1.5):
            claims = [pool.submit(register, service, quote, f"p{n}@example.com") for n, quote in enumerate(quotes)]
            free_at = time.monotonic() + 1.4
            while time.monotonic() < free_at:
                began = time.monotonic()
                service.send("GET", "/healthz")
                slowest = max(slowest, time.monotonic() - began)
            assert not any(claim.done() for claim in claims)
        assert [claim.result()[0] for claim in claims] == [201] * 10
    # A worker that waited for the lock on its loop would answer nobody until the lock is free, after 1.5 s.
    assert slowest < 1


class Visitors:
    """Clients that save and register without a pause, and remember acknowledged saves and claims."""

    def __init__(self, service: Service, name: str) -> None:
        self.service, self.name = service, name
        self.saved: dict[str, tuple[str, int, float]] = {}
        self.claimed: dict[str, str] = {}
        self.stopped = threading.Event()

    def __enter__(self) -> Visitors:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()  # also after a failed test, since the pool waits for the clients

    def run(self, number: int) -> None:
        for turn in itertools.count():
            if self.stopped.is_set():
                return
            try:
                self._visit(f"{self.name}{number}x{turn}@example.com", registers=turn % 3 == 0)
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                if not self.stopped.is_set():
                    raise

    def _visit(self, email: str, *, registers: bool) -> None:
        quote = self.service.send("POST", "/v1/quotes")
        quote_id, token = str(quote["quote_id"]), str(quote["quote_token"])
        for n in range(3):
            self.service.send("PUT", f"/v1/quotes/{quote_id}/details", token, {"n": n})
            if not registers:
                self.saved[quote_id] = token, n, time.monotonic()
        if registers and register(self.service, quote, email)[0] == 201:
            self.claimed[quote_id] = email


def is_kept(service: Service, quote_id: str, token: str, n: int) -> bool:
    """Tell whether that save is stored, or the next one, which was not answered yet."""
    try:
        return service.send("GET", f"/v1/quotes/{quote_id}", token)["details"] in ({"n": n}, {"n": n + 1})
    except urllib.error.HTTPError:
        return False


def test_kill_9_of_everything_under_load_loses_no_claim_and_no_save_older_than_the_fsync_interval(
    folder: Path,
) -> None:
    with serving(folder) as service, ThreadPoolExecutor(6) as pool, Visitors(service, "v") as visitors:
        runs = [pool.submit(visitors.run, number) for number in range(6)]
        eventually(lambda: len(visitors.claimed) > 30 and len(visitors.saved) > 100, 90)
        family = [service.process.pid, *descendants(service.process.pid)]
        visitors.stopped.set()
        killed_at = time.monotonic()
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not any(lives(pid) for pid in family))
        for run in runs:
            run.result()
    with serving(folder) as service:
        for quote_id, email in visitors.claimed.items():
            sql = "SELECT email FROM account JOIN quote USING (account_id) WHERE quote_id = ?"
            assert rows(folder, sql, quote_id) == [(email,)]
        for quote_id, (token, n, at) in visitors.saved.items():
            assert is_kept(service, quote_id, token, n) or killed_at - at < FSYNC, f"{quote_id} is lost"
        checked = finished("claims", "verify", environ=environment(folder))
        assert checked.returncode == 0, checked.stdout
    counts = [rows(folder, f"SELECT count(*) FROM {table}") for table in ("account", "claim", "quote")]  # noqa: S608 - constants
    assert counts[0] == counts[1] == counts[2]


def test_a_body_that_does_not_arrive_is_given_up_and_others_are_served_meanwhile(folder: Path) -> None:
    with serving(folder) as service, ExitStack() as stack:
        quote = service.send("POST", "/v1/quotes")
        host, _, port = service.url.removeprefix("http://").partition(":")
        head = (
            f"PUT /v1/quotes/{quote['quote_id']}/details HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Quote-Token: {quote['quote_token']}\r\nContent-Length: 1000\r\n\r\n"
        )
        slow = [stack.enter_context(socket.create_connection((host, int(port)), timeout=20)) for _ in range(50)]
        for client in slow:
            client.sendall(head.encode() + b'{"a":')
        began = time.monotonic()
        service.send("GET", "/healthz")
        assert time.monotonic() - began < 3  # less than a body may take
        for client in slow:
            answer = b""
            while b"}" not in answer:
                answer += client.recv(65536)
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b"malformed-request" in answer
        assert time.monotonic() - began < 20
        assert service.send("GET", f"/v1/quotes/{quote['quote_id']}", str(quote["quote_token"]))["details"] == {}
