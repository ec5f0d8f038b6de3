"""Every fault at every call of a port, then the reconciler: no invariant is broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.proof.schedules.backends.backend import in_memory_backend
from tests.proof.schedules.backends.backends import BACKENDS
from tests.proof.schedules.exploration.failpoints import failpoints
from tests.proof.schedules.faults.port_calls import READS, WRITES
from tests.proof.schedules.simulation.simulation import captured_log
from tests.servers.process import or_skip

EVERY = {"memory": 1, "valkey+postgresql": 36}
"""All in memory; a sample on real servers for their time. `make faults` runs all there too."""

NEVER = {"quotes.create"}
"""Calls of no scenario: a quote that does not exist yet cannot be lost."""


@pytest.mark.timeout(900)  # it takes half a minute of a processor, and a busy machine has little
@pytest.mark.parametrize("backend", list(EVERY))
def test_no_failing_call_breaks_an_invariant(backend: str, record_property: Callable[[str, object], None]) -> None:
    with or_skip(BACKENDS[backend]()) as new_backend, captured_log() as log:
        results = list(failpoints(new_backend, log, EVERY[backend]))
    record_property("figure", f"{len(results):,} failpoints")
    assert [f"{one} breaks {one.violation}" for one in results if one.violation] == []
    assert len(results) > 2000 / EVERY[backend]


def test_every_call_of_a_port_fails_in_some_scenario() -> None:
    with captured_log() as log:
        results = {one.call for one in failpoints(in_memory_backend, log)}
    ports = {f"{port}.{method}" for methods in (READS, WRITES) for port, names in methods.items() for method in names}
    assert ports - NEVER == results - {"none"}
