"""Revisions as entity tags: If-Match and If-None-Match (RFC 9110, section 13)."""

from __future__ import annotations

import re

from flask import request

from domain.model import NO_REVISION, Revision
from entrypoints.http.problems.http_errors import MalformedRequest

_REVISION = re.compile(r"[1-9][0-9]{0,14}")
# An entity tag by RFC 9110, section 8.8.3, in a list of one tag, which may have empty elements (5.6.1.2).
# werkzeug's parser is not used: it drops text that it cannot parse, and accepts a tag without quotes.
_ONE_TAG = re.compile(r"""[ \t,]*(?P<weak>W/)?"(?P<tag>[!#-~\x80-\xff]*)"[ \t,]*""")


def expected_revision() -> Revision | None:
    """
    Return the revision in If-Match, or None if any revision is allowed. For a tag that no quote can have, return
    NO_REVISION, which matches no quote.

    Raises: MalformedRequest
    """
    header = request.headers.get("If-Match", "*").strip(" \t")
    if header == "*":
        return None
    if (found := _ONE_TAG.fullmatch(header)) is None:
        raise MalformedRequest('Give one entity tag in If-Match, as the ETag header had it: If-Match: "1795372712123".')
    # A weak tag is never a match for a write.
    is_ours = not found["weak"] and _REVISION.fullmatch(found["tag"])
    return Revision(int(found["tag"])) if is_ours else NO_REVISION


def is_known(revision: Revision) -> bool:
    """Tell whether the client already has this revision, by If-None-Match."""
    return request.if_none_match.contains_weak(str(revision))
