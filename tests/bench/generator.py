"""Jobs, run in the load's own process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict

from tests.bench.load import Job, Outcome
from tests.bench.processes import PROJECT
from tests.bench.requests import Operation, Started
from tests.secrecy import watch

CONNECTIONS = 16


class LoadFailed(Exception):
    """A wrong answer to the load, or a load that could not be sent."""


def ask(address: tuple[str, int], operation: Operation, connections: int = CONNECTIONS) -> list[Started]:
    """
    Send each request once, and return the answers, in any order.

    Raises: LoadFailed
    """
    job = Job(address, operation.status, _text(operation), once=True, connections=connections)
    bodies = [body.encode("latin-1") for body in _done(job).bodies]
    for body in bodies:
        watch.note_text(body)
    return [json.loads(body) for body in bodies]


def measure(
    address: tuple[str, int], operation: Operation, processes: Mapping[str, int], seconds: float, warm_up: float
) -> Outcome:
    """
    Measure the load for that many seconds after a warm-up, or until requests that can be sent only once run out.

    Raises: LoadFailed
    """
    job = Job(
        address,
        operation.status,
        _text(operation),
        operation.once,
        CONNECTIONS,
        seconds,
        warm_up,
        dict(processes),
    )
    return _done(job)


def _text(operation: Operation) -> list[str]:
    return [request.decode("latin-1") for request in operation.requests]


def _done(job: Job) -> Outcome:
    # The load has a session of its own: on Ctrl-C, this process ends it, and it prints no traceback.
    command = [sys.executable, "-m", "tests.bench.load"]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            answer, errors = process.communicate(json.dumps(asdict(job)))
        except BaseException:  # also on Ctrl-C, so that the load does not go on
            process.kill()
            raise
    if process.returncode:
        raise LoadFailed(errors.strip())
    return Outcome(**json.loads(answer))
