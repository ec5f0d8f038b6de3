"""
A claimer or a reconciler as a process of its own, which stops itself (SIGSTOP) at the call that a test names. The test
then kills it, or lets it continue after a change of the stores.

`stopped_at` runs it as `python -m tests.faults.support.stepper JOB`.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psutil

from adapters.redis.quotes import RedisQuoteStore
from adapters.sql.claims import SqlClaims
from adapters.sql.outbox import SqlOutbox
from domain.errors import QuoteholdError
from entrypoints import bootstrap
from entrypoints.processes.progress import StatusLine
from entrypoints.processes.reconciler import Reconciler
from entrypoints.settings.settings import Settings
from tests.doubles.hashers import KeyedHasher
from tests.secrecy import watch
from tests.secrecy.ledger import Source
from tests.support.in_memory_service import applicant
from tests.support.running_service import PROJECT
from tests.support.waiting import eventually

_PORTS: dict[str, type] = {"quotes": RedisQuoteStore, "claims": SqlClaims, "outbox": SqlOutbox}


class Stepper:
    """The process as a test controls it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait_until_stopped(self) -> None:
        process = psutil.Process(self._process.pid)
        eventually(lambda: process.status() == psutil.STATUS_STOPPED)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def go_on(self) -> dict[str, Any]:
        """Let it run to its end, and return the result of its job."""
        self._process.send_signal(signal.SIGCONT)
        output, errors = self._process.communicate(timeout=60)
        watch.keep(Source.OUTPUT, "stepper", output, errors)
        assert self._process.returncode == 0, errors
        result: dict[str, Any] = json.loads(output)
        return result


@contextmanager
def stopped_at(
    step: str, job: str, environ: Mapping[str, str], lease: timedelta, **arguments: str
) -> Iterator[Stepper]:
    """
    Run a process that does that job (`register`, `reconcile`) and stops `before` or `after` a call.

    `step` is, for example, `after quotes.begin_claim`, or `before outbox.change 3` for the third such call.
    """
    text = json.dumps({"stop": step, "job": job, "lease": lease.total_seconds(), "arguments": arguments})
    command = [sys.executable, "-m", "tests.faults.support.stepper", text]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("QUOTES_")}
    process = subprocess.Popen(
        command, cwd=PROJECT, env={**clean, **environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            stepper = Stepper(process)
            stepper.wait_until_stopped()
            yield stepper
        finally:
            process.kill()


def main() -> None:
    task = json.loads(sys.argv[1])
    moment, call, *nth = task["stop"].split()
    _stop_at(moment, call, int(nth[0]) if nth else 1)
    bootstrap.DRAFT_LEASE = timedelta(seconds=task["lease"])
    jobs: dict[str, Callable[..., dict[str, Any]]] = {"register": _register, "reconcile": _reconcile}
    print(json.dumps(jobs[task["job"]](**task["arguments"])))  # noqa: T201 - the test reads the result from the output


def _stop_at(moment: str, call: str, nth: int) -> None:
    port, _, method = call.partition(".")
    original = getattr(_PORTS[port], method)
    calls = 0

    @functools.wraps(original)
    def stopping(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and moment == "before":
            os.kill(os.getpid(), signal.SIGSTOP)
        result = original(*args, **more)
        if calls == nth and moment == "after":
            os.kill(os.getpid(), signal.SIGSTOP)
        return result

    setattr(_PORTS[port], method, stopping)


def _register(quote_id: str, token: str, email: str) -> dict[str, Any]:
    register = bootstrap.bootstrap(Settings.from_environ(os.environ)).register_and_claim
    try:
        done = replace(register, hasher=KeyedHasher())(quote_id, token, applicant(email))
    except QuoteholdError as error:
        return {"error": type(error).__name__}
    return {"account_id": done.account.account_id, "status": done.quote.status, "replayed": done.replayed}


def _reconcile() -> dict[str, Any]:
    operations = bootstrap.operations(Settings.from_environ(os.environ))
    reconciler = Reconciler(operations.reconcile, operations.purge, StatusLine())
    reconciler.run_once()
    return {outcome.value: number for outcome, number in reconciler.total.items()}


if __name__ == "__main__":
    main()
