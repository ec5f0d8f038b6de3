"""How answers are written: compact JSON, and entity tags."""

from __future__ import annotations

from typing import Any

import orjson
from flask.json.provider import JSONProvider

from domain.model import Revision


def to_json(obj: Any) -> bytes:
    """Compact JSON in UTF-8, written by orjson: several times faster than the standard library."""
    # The line's end is for those who read it in a terminal.
    return orjson.dumps(obj, option=orjson.OPT_APPEND_NEWLINE)


def etag(revision: Revision) -> str:
    """Return the strong entity tag of that revision."""
    return f'"{revision}"'


class OrjsonProvider(JSONProvider):
    """The same for whatever Flask writes itself."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return to_json(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)
