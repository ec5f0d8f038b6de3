from __future__ import annotations

from typing import Any

import orjson
from flask.json.provider import JSONProvider


class OrjsonProvider(JSONProvider):
    """Compact JSON in UTF-8, written by orjson: several times faster than the standard library."""

    def dumps(self, obj: Any, **_: Any) -> str:
        # The line's end is for those who read it in a terminal.
        return orjson.dumps(obj, option=orjson.OPT_APPEND_NEWLINE).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)
