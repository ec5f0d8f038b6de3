"""
Reads the origins of web pages that may call the service, as browsers write them in the Origin header.

What a browser would never send is refused: it would look allowed and never be.
"""

from __future__ import annotations

import re

_NAME = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST = rf"{_NAME}(?:\.{_NAME})*|\[[0-9a-f:.]+\]"
_ORIGIN = re.compile(rf"(https?)://(?:{_HOST})(?::([1-9][0-9]{{0,4}}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origins(text: str) -> tuple[str, ...]:
    """`https://shop.example,http://localhost:5173`. Raises a ValueError on one line."""
    return tuple(dict.fromkeys(_origin(part.strip()) for part in text.split(",")))


def _origin(text: str) -> str:
    if text == "*":
        raise ValueError("'*' would let in every page; allowed are the origins themselves: https://shop.example")
    scheme, _, rest = text.partition("://")
    if rest and re.search(r"[/?#]", rest):
        raise ValueError(
            f"{text!r} has something after its host; allowed is an origin without path and slash at its end"
        )
    found = _ORIGIN.fullmatch(text)
    if not found or int(found[2] or 1) > 65535:
        raise ValueError(
            f"{text!r} is no origin; allowed are http:// or https://, a host in small letters, and a port: "
            "https://shop.example, http://localhost:5173"
        )
    if found[2] and int(found[2]) == _DEFAULT_PORTS[scheme]:
        raise ValueError(f"{text!r} names the port that browsers leave out; allowed is the same without it")
    return text
