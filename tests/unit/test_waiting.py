"""A deadline of a test: a busy machine does not break it, and a call that hangs does."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

import pytest

from tests.support import waiting
from tests.support.waiting import Stopwatch, at_most, eventually


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """A machine whose time since its start is `elapsed`, and of which programs waited `waited` for a processor."""
    machine = mock.Mock(elapsed=100.0, waited=20.0)
    monkeypatch.setattr(waiting, "time", mock.Mock(monotonic=lambda: machine.elapsed))
    monkeypatch.setattr(waiting, "_waited_for_a_processor", lambda: machine.waited)
    return machine


def after(machine: mock.Mock, elapsed: float, waited: float) -> None:
    machine.elapsed += elapsed
    machine.waited += waited


@pytest.mark.parametrize(
    ("elapsed", "waited", "seconds"),
    [(2, 0, 2), (2, 1, 1), (2, 1.5, 0.5), (2, 2, 0.5), (40, 40, 10)],
    ids=["idle", "busy half of the time", "busy for three quarters", "busy all the time", "hangs on a busy machine"],
)
def test_waits_for_a_processor_are_left_out_up_to_three_quarters(
    machine: mock.Mock, elapsed: float, waited: float, seconds: float
) -> None:
    watch = Stopwatch()
    after(machine, elapsed, waited)
    assert (watch.elapsed, watch.seconds) == (elapsed, seconds)


def test_a_block_past_its_deadline_fails(machine: mock.Mock) -> None:
    with at_most(2):
        after(machine, 3, 2)
    with (
        pytest.raises(AssertionError, match=r"took 3\.0 s, of which 2\.0 s count, and not less than 2 s"),
        at_most(2),
    ):
        after(machine, 3, 1)


@pytest.mark.parametrize("is_counted", [True, False], ids=["counted", "not counted here"])
def test_the_system_counts_the_waits_or_none_is_left_out(monkeypatch: pytest.MonkeyPatch, is_counted: bool) -> None:
    path = mock.Mock(exists=lambda: is_counted, read_text=lambda _: "some avg10=0.07 total=5607336\nfull total=0\n")
    monkeypatch.setattr(waiting, "_PRESSURE", path)
    assert waiting._waited_for_a_processor() == (5.607336 if is_counted else 0)


def test_a_condition_that_never_holds_fails_at_its_end() -> None:
    never: Callable[[], bool] = lambda: False  # noqa: E731 - a one-off
    with pytest.raises(AssertionError, match=r"did not become true within 0\.05 s"):
        eventually(never, 0.05)
