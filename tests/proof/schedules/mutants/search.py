"""
Runs schedules and then failpoints until one breaks an invariant; prints the result as JSON.

`python -m tests.proof.schedules.mutants.search BACKEND SEED SCHEDULES [EVERY]`, with one in EVERY failpoints.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import chain

from tests.proof.schedules.backends.backends import BACKENDS, BackendFactory
from tests.proof.schedules.checkers.invariants import Violation
from tests.proof.schedules.exploration.explorer import run_seed
from tests.proof.schedules.exploration.failpoints import failpoints
from tests.proof.schedules.simulation.log_capture import LogCapture
from tests.proof.schedules.simulation.simulation import captured_log


def main(backend: str, first_seed: str, schedules: str, every: str = "1") -> None:
    with captured_log() as log, BACKENDS[backend]() as new_backend:
        seeds = range(int(first_seed), int(first_seed) + int(schedules))
        runs = chain(_schedules(new_backend, seeds, log), _failpoints(new_backend, log, int(every)))
        found_by, violation = next((found for found in runs if found[1]), ("", None))
    answer = {"by": found_by, "rule": violation.invariant.value, "what": violation.detail} if violation else None
    print(json.dumps(answer))  # noqa: T201 - the caller reads the result from the output


def _schedules(new_backend: BackendFactory, seeds: range, log: LogCapture) -> Iterator[tuple[str, Violation | None]]:
    for number, seed in enumerate(seeds, start=1):
        yield f"seed {seed}, schedule {number:,}", run_seed(new_backend, seed, log)[1]


def _failpoints(new_backend: BackendFactory, log: LogCapture, every: int) -> Iterator[tuple[str, Violation | None]]:
    for result in failpoints(new_backend, log, every):
        yield f"failpoint {result}", result.violation


if __name__ == "__main__":
    main(*sys.argv[1:])
