"""The round trips of one request to Redis and to SQL, counted on the wire."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from tests.bench.environment import Environment
from tests.bench.generator import ask
from tests.bench.processes import service
from tests.bench.requests import Operation, Sample, Service
from tests.bench.turns import Relay, relay

_COUNTED = 20
_WARM_UP = 10
"""Requests that open connections, load scripts, and let the driver prepare statements, after five executions."""


class Turns(NamedTuple):
    """Round trips of one request."""

    redis: float
    sql: float


def count(environment: Environment, given: list[Sample]) -> dict[str, Turns]:
    """Return the means by operation, over requests sent one after the other to a worker of their own."""
    with relay(("127.0.0.1", environment.redis.port)) as redis, relay(("127.0.0.1", environment.sql.port)) as sql:
        url = environment.settings["QUOTES_DATABASE_URL"]
        settings = environment.settings | {
            "QUOTES_WORKERS": "1",
            "QUOTES_REDIS_URL": environment.redis.url_by(redis.port),
            "QUOTES_DATABASE_URL": url.replace(f":{environment.sql.port}/", f":{sql.port}/"),
        }
        folder = environment.folder / "turns"
        folder.mkdir()
        with service(folder, settings) as app:
            wanted = _WARM_UP + _COUNTED
            calls, some = Service(), list(islice(given, wanted))
            quotes = ask(app.address, calls.start(some), connections=1)
            operations = [calls.start(some), calls.save(quotes, some), calls.get(quotes), calls.merge(quotes)]
            operations.append(calls.claim(quotes))
            return {each.name: _counted(app.address, each, redis, sql) for each in operations}


def _counted(address: tuple[str, int], operation: Operation, redis: Relay, sql: Relay) -> Turns:
    warming, counted = operation.requests[:_WARM_UP], operation.requests[_WARM_UP:]
    ask(address, Operation(operation.name, operation.status, warming), connections=1)
    before = redis.turns, sql.turns
    ask(address, Operation(operation.name, operation.status, counted), connections=1)
    return Turns((redis.turns - before[0]) / len(counted), (sql.turns - before[1]) / len(counted))
