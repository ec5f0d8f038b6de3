"""Revisions as entity tags: If-Match and If-None-Match (RFC 9110, section 13)."""

from __future__ import annotations

import re

from flask import request

from domain.model import NO_REVISION, Revision
from entrypoints.http.problems import MalformedRequest

_REVISION = re.compile(r"[1-9][0-9]{0,14}")


def etag(revision: Revision) -> str:
    """A strong entity tag."""
    return f'"{revision}"'


def expected_revision() -> Revision | None:
    """
    The revision that If-Match asks for; None where any will do. A tag that no quote can have matches none.

    Raises: MalformedRequest
    """
    if "If-Match" not in request.headers:
        return None
    tags = request.if_match
    if tags.star_tag:
        return None
    if len(tags.as_set(include_weak=True)) != 1:
        raise MalformedRequest('Give one entity tag in If-Match, as the ETag header had it: If-Match: "1795372712123".')
    # A weak tag is never a match for a write.
    tag = next(iter(tags.as_set()), None) or ""
    return Revision(int(tag)) if _REVISION.fullmatch(tag) else NO_REVISION


def is_known(revision: Revision) -> bool:
    """Whether If-None-Match says that the client has this revision already."""
    return request.if_none_match.contains_weak(str(revision))
