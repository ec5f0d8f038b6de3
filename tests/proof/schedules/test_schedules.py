"""Random schedules break no invariant, repeat by seed, and are shrunk to a short trace if they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from adapters.memory.database import MemoryClaims
from domain.model import QuoteId, Revision
from tests.proof.schedules.backends.backend import in_memory_backend
from tests.proof.schedules.backends.backends import BACKENDS
from tests.proof.schedules.checkers.invariants import Invariant
from tests.proof.schedules.exploration import explorer
from tests.proof.schedules.exploration.explorer import Totals, explore_seeds, run_seed
from tests.proof.schedules.simulation.simulation import captured_log
from tests.proof.schedules.simulation.trace import format_trace
from tests.servers.process import or_skip

SCHEDULES = {"memory": 2000, "valkey+postgresql": 60}


@pytest.mark.parametrize("backend", list(SCHEDULES))
def test_no_schedule_breaks_an_invariant(backend: str, record_property: Callable[[str, object], None]) -> None:
    with or_skip(BACKENDS[backend]()) as new_backend:
        total = sum(explore_seeds(new_backend, range(SCHEDULES[backend])), Totals())
    record_property("figure", str(total))
    assert "\n".join(total.failures) == ""
    assert total.schedules == SCHEDULES[backend]
    assert total.faults > total.schedules


def test_a_seed_gives_the_same_schedule_each_time() -> None:
    with captured_log() as log:
        for seed in range(100):
            one, _ = run_seed(in_memory_backend, seed, log)
            other, _ = run_seed(in_memory_backend, seed, log)
            assert format_trace(one.history) == format_trace(other.history)


def test_a_schedule_that_breaks_an_invariant_is_shrunk() -> None:
    take_newer = MemoryClaims.take_newer

    def forgetful(claims: MemoryClaims, quote_id: QuoteId, *args: Any) -> bool:
        """Take a newer draft, but give its claim an older revision."""
        taken = take_newer(claims, quote_id, *args)
        rows = claims._database.claims
        rows[quote_id] = replace(rows[quote_id], source_revision=Revision(1))
        return taken

    with mock.patch.object(MemoryClaims, "take_newer", forgetful), mock.patch.object(explorer, "TIMEOUT_S", 5.0):
        *_, last = explore_seeds(in_memory_backend, range(2000))
        [failure] = last.failures
        assert failure.startswith("seed ")
        assert f"breaks {Invariant.NO_LOST_SAVE.value}" in failure
        assert "claims.take_newer(" in failure
    assert failure.count("\n") < 60
