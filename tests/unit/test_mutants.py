"""Every mutant can be planted. If the code at a mutant's place had changed, the mutant would test correct code."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from tests.proof.http.mutants import account_mutants, quote_mutants
from tests.proof.schedules.mutants.mutant import PROJECT, Mutant
from tests.proof.schedules.mutants.mutant_list import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_its_text_occurs_exactly_once(mutant: Mutant) -> None:
    text = (PROJECT / mutant.file).read_text("utf-8")
    assert text.count(mutant.before) == 1
    assert mutant.after != mutant.before


def test_no_two_have_one_name() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("module", "listed"),
    [(quote_mutants, quote_mutants.MUTANTS), (account_mutants, account_mutants.ACCOUNT_MUTANTS)],
    ids=["quotes", "accounts"],
)
def test_all_mutants_of_the_http_machine_are_listed(module: ModuleType, listed: tuple[object, ...]) -> None:
    functions = [
        found for name, found in inspect.getmembers(module, inspect.isfunction) if name.startswith(("a_", "an_"))
    ]
    assert set(functions) <= set(listed)
