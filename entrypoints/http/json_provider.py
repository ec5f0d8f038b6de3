from __future__ import annotations

from typing import Any

import orjson
from flask.json.provider import JSONProvider


def to_json(obj: Any) -> bytes:
    """Compact JSON in UTF-8, written by orjson: several times faster than the standard library."""
    # The line's end is for those who read it in a terminal.
    return orjson.dumps(obj, option=orjson.OPT_APPEND_NEWLINE)


class OrjsonProvider(JSONProvider):
    """The same for whatever Flask writes itself."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return to_json(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)
