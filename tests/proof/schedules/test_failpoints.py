"""Every call of a port, crashed, refused, lost, late and repeated: then the reconciler, then all that was promised."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.proof.schedules.backends.backend import twins
from tests.proof.schedules.backends.backends import PLACES
from tests.proof.schedules.exploration.failpoints import failpoints
from tests.proof.schedules.faults.port_calls import READS, WRITES
from tests.proof.schedules.simulation.simulation import listening
from tests.servers.process import or_skip

EVERY = {"memory": 1, "valkey+postgresql": 36}
"""All of them on twins; on real servers some, for the time they take: `make faults` tries all there too."""

NEVER = {"quotes.create"}
"""Calls that no scene makes: a quote that is not there yet cannot be lost, and no claim depends on what owners see."""


@pytest.mark.parametrize("place", list(EVERY))
def test_whatever_call_fails_nothing_that_was_promised_is_broken(
    place: str, record_property: Callable[[str, object], None]
) -> None:
    with or_skip(PLACES[place]()) as servers, listening() as ears:
        tried = list(failpoints(servers, ears, EVERY[place]))
    record_property("figure", f"{len(tried):,} failpoints")
    assert [f"{one} breaks {one.broken}" for one in tried if one.broken] == []
    assert len(tried) > 2000 / EVERY[place]


def test_every_call_of_a_port_fails_in_some_scene() -> None:
    with listening() as ears:
        tried = {one.call for one in failpoints(twins, ears)}
    ports = {f"{port}.{method}" for methods in (READS, WRITES) for port, names in methods.items() for method in names}
    assert ports - NEVER == tried - {"none"}
