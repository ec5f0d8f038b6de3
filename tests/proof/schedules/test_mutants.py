"""Every mutant is found: a suite that finds no planted bug proves nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.proof.schedules.checkers.invariants import Invariant
from tests.proof.schedules.mutants.mutant import PROJECT, Mutant, search_for
from tests.proof.schedules.mutants.mutant_list import MUTANTS

SCHEDULES = 60
"""Schedules for each mutant; then all failpoints, or some for a mutant that breaks nothing."""

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found_if_and_only_if_it_is_in_a_safety_device(
    mutant: Mutant, record_property: Callable[[str, object], None]
) -> None:
    result = search_for(mutant, 0, SCHEDULES, every=1 if mutant.breaks else 20)
    record_property(
        "figure",
        f"{result.found_by or 'not found'}; {result.invariant.value if result.invariant else 'no safety device'}",
    )
    assert result.is_expected, f"{result.found_by}: {result.invariant} {result.detail}"


def test_each_invariant_is_broken_by_a_planted_bug() -> None:
    broken = {mutant.breaks[0] for mutant in MUTANTS if mutant.breaks}
    assert {invariant for invariant in Invariant if invariant.number <= 10} <= broken
    assert len(MUTANTS) >= 15


def test_the_page_about_the_proof_lists_all_planted_bugs() -> None:
    page = (PROJECT / "docs/proof.md").read_text("utf-8")
    rows = [f"| {one.name} | {one.breaks[0].number if one.breaks else 'nothing'} |" for one in MUTANTS]
    assert "\n".join(rows) in page
