"""JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

import copy

import pytest

from domain.merge_patch import merge_patch
from tests.support.merge_cases import OF_OBJECTS, OURS, RFC, Example, as_member


@pytest.mark.parametrize("example", OF_OBJECTS, ids=str)
def test_two_objects_are_merged(example: Example) -> None:
    assert repr(merge_patch(example.target, example.patch)) == repr(example.result)


@pytest.mark.parametrize("example", RFC + OURS, ids=str)
def test_a_member_of_any_type_is_merged(example: Example) -> None:
    inside = as_member(example)
    assert merge_patch(inside.target, inside.patch) == inside.result


@pytest.mark.parametrize("example", RFC + OURS, ids=str)
def test_merging_changes_neither_target_nor_patch(example: Example) -> None:
    inside = as_member(example)
    target, patch = copy.deepcopy((inside.target, inside.patch))
    merge_patch(target, patch)
    assert (target, patch) == (inside.target, inside.patch)


def test_all_examples_of_the_appendix_are_here() -> None:
    assert len(RFC) == 15
