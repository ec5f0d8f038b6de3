"""The bugs that are planted are found: what finds none proves nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.proof.schedules.checkers.invariants import Rule
from tests.proof.schedules.mutants.mutant import PROJECT, Mutant, hunted
from tests.proof.schedules.mutants.mutant_list import MUTANTS

SCHEDULES = 60
"""Then all failpoints, or, where nothing will be found, some: between them they find every one."""

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found_unless_it_is_in_no_safety_device(
    mutant: Mutant, record_property: Callable[[str, object], None]
) -> None:
    hunt = hunted(mutant, 0, SCHEDULES, every=1 if mutant.breaks else 20)
    record_property("figure", f"{hunt.by or 'not found'}; {hunt.rule.value if hunt.rule else 'no safety device'}")
    assert hunt.is_as_said, f"{hunt.by}: {hunt.rule} {hunt.what}"


def test_each_invariant_is_broken_by_one_of_them() -> None:
    broken = {mutant.breaks[0] for mutant in MUTANTS if mutant.breaks}
    assert {rule for rule in Rule if rule.number <= 10} <= broken
    assert len(MUTANTS) >= 15


def test_the_page_about_the_proof_lists_them_all() -> None:
    page = (PROJECT / "docs/proof.md").read_text("utf-8")
    rows = [f"| {one.name} | {one.breaks[0].number if one.breaks else 'nothing'} |" for one in MUTANTS]
    assert "\n".join(rows) in page
