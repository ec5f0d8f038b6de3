"""The benchmark runs and measures everything. Speed itself is not tested."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from tests.bench import log_in
from tests.bench.generator import LoadFailed, ask
from tests.bench.report import text
from tests.bench.requests import Operation
from tests.bench.run import Options, run
from tests.bench.turns import relay
from tests.servers.process import ServerMissing
from tests.support.waiting import eventually

_TRIPS = {"start": 1, "save": 1, "get": 1, "merge": 2, "claim": 3}
_CLAIMS = {"claim", "claim, unhashed"}
_REQUEST = Operation("any", 200, [b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"])


@pytest.mark.backend("valkey+postgresql")
@pytest.mark.timeout(300)
def test_a_short_benchmark_has_all_figures_and_counts_the_documented_round_trips() -> None:
    report = _short_report()

    assert {name: turns["redis"] for name, turns in report["turns"].items()} == _TRIPS
    assert _sql_trips(report, but="claim") == {"start": 0, "save": 0, "get": 0, "merge": 0}
    assert 0 < report["turns"]["claim"]["sql"] <= 5
    assert _TRIPS.keys() | _CLAIMS == report["operations"].keys()
    for name, figures in report["operations"].items():
        measured = {"app_us", "redis_us", "per_second", "p50_ms", "p99_ms", "requests"}
        assert {figure: figures[figure] > 0 for figure in measured} == dict.fromkeys(measured, True), name
    assert all(report["operations"][name]["sql_us"] > 0 for name in _CLAIMS)
    assert report["memory"]["quotes"] == 300
    assert report["memory"]["ours"] > 0
    assert "The peer was not measured: not asked for." in text(report)


def test_an_answer_with_another_status_ends_the_load_and_is_shown() -> None:
    refused = pytest.raises(LoadFailed, match=r"(?s)GET / HTTP/1.1 got another status than 200:.*no room")
    with _answering(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 7\r\n\r\nno room") as address, refused:
        ask(address, _REQUEST, connections=1)


def test_an_answer_that_is_cut_off_ends_the_load() -> None:
    refused = pytest.raises(LoadFailed, match="cut off")
    with _answering(b"HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n{}") as address, refused:
        ask(address, _REQUEST, connections=1)


@pytest.mark.backend("valkey+sqlite")
def test_refused_log_ins_are_measured_and_told_in_one_line() -> None:
    figures = log_in.measure(times=4)
    assert min(figures) > 0
    assert re.fullmatch(r"log-in refused: unknown e-mail \S+ ms, wrong password \S+ ms, ratio \d\.\d{3}", str(figures))


def test_commands_sent_together_are_one_turn() -> None:
    with _answering(b"+OK\r\n+OK\r\n") as address, relay(address) as between:
        with closing(socket.create_connection(("127.0.0.1", between.port), timeout=10)) as client:
            client.sendall(b"GET a\r\n")
            eventually(lambda: between.turns, seconds=10)
            client.sendall(b"PTTL a\r\n\r\n")
            assert client.recv(100)
        assert between.turns == 1


def _short_report() -> dict[str, Any]:
    try:
        return run(Options(seconds=0.5, rounds=1, quotes=300, with_peer=False), progress=lambda _: None)
    except ServerMissing as missing:
        pytest.skip(str(missing))


def _sql_trips(report: dict[str, Any], but: str) -> dict[str, float]:
    return {name: turns["sql"] for name, turns in report["turns"].items() if name != but}


@contextmanager
def _answering(answer: bytes) -> Iterator[tuple[str, int]]:
    """Run a server that gives the request of one connection this answer, and closes the connection."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=_answer_once, args=(listener, answer))
        thread.start()
        yield listener.getsockname()[:2]
        thread.join(10)


def _answer_once(listener: socket.socket, answer: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            received += connection.recv(1000)
        connection.sendall(answer)
