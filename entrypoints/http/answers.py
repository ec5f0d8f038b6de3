"""The form of answers: compact JSON, and entity tags."""

from __future__ import annotations

from typing import Any

import orjson
from flask.json.provider import JSONProvider

from domain.model import Revision


def to_json(obj: Any) -> bytes:
    """Return compact JSON in UTF-8. orjson writes it several times faster than the standard library."""
    # A final newline makes the answer readable in a terminal.
    return orjson.dumps(obj, option=orjson.OPT_APPEND_NEWLINE)


def etag(revision: Revision) -> str:
    """Return the strong entity tag of a revision."""
    return f'"{revision}"'


class OrjsonProvider(JSONProvider):
    """The provider of Flask's own JSON, in the same form."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return to_json(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)
