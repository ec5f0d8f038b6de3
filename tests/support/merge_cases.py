"""JSON Merge Patch: the examples of RFC 7396, appendix A, all of them, in its order, and some of our own."""

from __future__ import annotations

from typing import Any, NamedTuple


class Example(NamedTuple):
    target: Any
    patch: Any
    result: Any


RFC = [
    Example({"a": "b"}, {"a": "c"}, {"a": "c"}),
    Example({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    Example({"a": "b"}, {"a": None}, {}),
    Example({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    Example({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    Example({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    Example({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    Example({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    Example(["a", "b"], ["c", "d"], ["c", "d"]),
    Example({"a": "b"}, ["c"], ["c"]),
    Example({"a": "foo"}, None, None),
    Example({"a": "foo"}, "bar", "bar"),
    Example({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    Example([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    Example({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
OURS = [
    Example({}, {}, {}),
    Example({"a": 1}, {}, {"a": 1}),
    Example({"a": 1}, {"b": None}, {"a": 1}),
    Example({"a": {}}, {"a": {}}, {"a": {}}),
    Example({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    Example({"a": None}, {"a": None}, {}),
    Example({"a": [1, None]}, {"a": [None]}, {"a": [None]}),
    Example({"a": [{"b": 1}]}, {"a": [{"b": None}]}, {"a": [{"b": None}]}),
    Example({"": {"": 1}}, {"": {"": None, "x": 0}}, {"": {"x": 0}}),
    Example({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": None}}}, {"a": {"b": {"d": 2}}}),
]
OF_OBJECTS = [example for example in RFC if isinstance(example.target, dict) and isinstance(example.patch, dict)] + OURS
"""Examples with a target that details can be, and a patch that a body can be."""


def as_member(example: Example) -> Example:
    """Return the example one level down, as a member; there, a patch of null takes the member away."""
    member = {} if example.patch is None else {"x": example.result}
    return Example({"x": example.target, "y": 1}, {"x": example.patch}, {**member, "y": 1})
