"""
Reads the origins of web pages that may call the service, as browsers write them in the Origin header.

An origin in a form that no browser sends is refused: the setting would have no effect.
"""

from __future__ import annotations

import re

_NAME = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST = rf"{_NAME}(?:\.{_NAME})*|\[[0-9a-f:.]+\]"
_ORIGIN = re.compile(rf"(https?)://(?:{_HOST})(?::([1-9][0-9]{{0,4}}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535


def origins(text: str) -> tuple[str, ...]:
    """
    Read `https://shop.example,http://localhost:5173`.

    Raises: ValueError; its message continues a sentence that begins with the setting's name
    """
    return tuple(dict.fromkeys(_origin(part.strip()) for part in text.split(",")))


def _origin(text: str) -> str:
    if text == "*":
        raise ValueError("must name each origin, such as https://shop.example; '*' would admit every page")
    scheme, _, rest = text.partition("://")
    if rest and re.search(r"[/?#]", rest):
        raise ValueError(
            f"must have origins without a path and without a final slash, such as https://shop.example, not {text!r}"
        )
    found = _ORIGIN.fullmatch(text)
    if not found or int(found[2] or 1) > _LAST_PORT:
        raise ValueError(
            "must have origins such as https://shop.example or http://localhost:5173 (http:// or https://, a host in "
            f"lower case, and a port unless it is the default), not {text!r}"
        )
    if found[2] and int(found[2]) == _DEFAULT_PORTS[scheme]:
        raise ValueError(
            f"must have origins without the default port {found[2]}, which browsers leave out, not {text!r}"
        )
    return text
