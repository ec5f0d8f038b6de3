"""JSON Merge Patch, RFC 7396, for two objects."""

from __future__ import annotations

from domain.model import Details, Json


def merge_patch(target: Details, patch: Details) -> Details:
    """
    Return a new object: members of `patch` replace those of `target`, objects are merged member by member, and null
    removes a member. Neither argument is changed.
    """
    merged = dict(target)
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), change)
    return merged


def _merged(old: Json, change: Json) -> Json:
    if not isinstance(change, dict):
        return change
    return merge_patch(old if isinstance(old, dict) else {}, change)
