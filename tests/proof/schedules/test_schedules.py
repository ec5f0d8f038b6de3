"""Random schedules break no promise, come again with their seed, and are told in few words where they break one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import pytest

from adapters.memory.database import MemoryClaims
from tests.proof.schedules.backends.backend import twins
from tests.proof.schedules.backends.backends import PLACES
from tests.proof.schedules.checkers.invariants import Rule
from tests.proof.schedules.exploration import explorer
from tests.proof.schedules.exploration.explorer import Explored, explore, explored
from tests.proof.schedules.simulation.simulation import listening
from tests.proof.schedules.simulation.trace import told
from tests.servers.process import or_skip

SCHEDULES = {"memory": 2000, "valkey+postgresql": 60}


@pytest.mark.parametrize("place", list(SCHEDULES))
def test_no_schedule_breaks_what_was_promised(place: str, record_property: Callable[[str, object], None]) -> None:
    with or_skip(PLACES[place]()) as servers:
        total = sum(explored(servers, range(SCHEDULES[place])), Explored())
    record_property("figure", str(total))
    assert "\n".join(total.failures) == ""
    assert total.schedules == SCHEDULES[place]
    assert total.faults > total.schedules


def test_a_seed_is_the_same_schedule_each_time() -> None:
    with listening() as ears:
        for seed in range(100):
            one, _ = explore(twins, seed, ears)
            other, _ = explore(twins, seed, ears)
            assert told(one.history) == told(other.history)


def test_a_schedule_that_breaks_a_rule_is_told_by_a_shorter_one() -> None:
    take_newer = MemoryClaims.take_newer

    def forgetful(claims: MemoryClaims, *args: object) -> bool:
        """The claim of a quote with a newer draft says that it has an older one."""
        taken = take_newer(claims, *args)
        rows = claims._database.claims
        rows[args[0]] = replace(rows[args[0]], source_revision=1)
        return taken

    with mock.patch.object(MemoryClaims, "take_newer", forgetful), mock.patch.object(explorer, "TIMEOUT_S", 5.0):
        *_, last = explored(twins, range(2000))
        [failure] = last.failures
        assert failure.startswith("seed ")
        assert f"breaks {Rule.SAVES.value}" in failure
        assert "claims.take_newer(" in failure
    assert failure.count("\n") < 60
