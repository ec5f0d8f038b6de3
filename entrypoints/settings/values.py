"""
Reads the values of settings, strictly, and writes them again in their shortest form.

Each reader raises a ValueError that says what is wrong and what is allowed, on one line and without the value itself
where that may be secret.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from domain.model import KeyId

_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_LONGEST = timedelta(days=3650)
_SIZE = re.compile(r"([0-9]{1,9})(KiB|MiB)?")
_BYTES = {"MiB": 1024 * 1024, "KiB": 1024}
_RATE = re.compile(r"([1-9][0-9]{0,6})/(second|minute|hour|day)")
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})")
_KEY_ID = re.compile(r"[a-z0-9]{1,16}")
_KEY_BYTES = 32


class Address(NamedTuple):
    """Where to listen. Port 0 leaves the choice to the system."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Rate(NamedTuple):
    """At most so many in each `second`, `minute`, `hour` or `day`."""

    most: int
    each: str

    def __str__(self) -> str:
        return f"{self.most}/{self.each}"


@dataclass(frozen=True, slots=True)
class ServerKey:
    """One key of the ring. The secret is 32 bytes and is never shown."""

    key_id: KeyId
    secret: bytes = field(repr=False)


def duration(text: str) -> timedelta:
    """`500ms`, `2s`, `15m`, `24h` or `30d`."""
    parts = _DURATION.fullmatch(text)
    length = int(parts[1]) * _UNITS[parts[2]] if parts else timedelta()
    if not timedelta() < length <= _LONGEST:
        raise ValueError(
            f"{text!r} is no duration; allowed is a whole number above 0 and ms, s, m, h or d, up to 3650d"
        )
    return length


def duration_text(length: timedelta) -> str:
    unit = next(unit for unit, value in _UNITS.items() if not length % value and (unit != "d" or length > value))
    return f"{length // _UNITS[unit]}{unit}"


def size(text: str, most: int) -> int:
    """Bytes: `65536`, `64KiB` or `1MiB`."""
    parts = _SIZE.fullmatch(text)
    length = int(parts[1]) * _BYTES.get(parts[2], 1) if parts else 0
    if not 0 < length <= most:
        raise ValueError(f"{text!r} is no size; allowed are bytes, KiB or MiB, from 1 to {size_text(most)}: 64KiB")
    return length


def size_text(length: int) -> str:
    unit = next((unit for unit, value in _BYTES.items() if not length % value), "")
    return f"{length // _BYTES.get(unit, 1)}{unit}"


def rate(text: str) -> Rate:
    """`30/hour`."""
    parts = _RATE.fullmatch(text)
    if not parts:
        raise ValueError(f"{text!r} is no rate; allowed is a number above 0 and second, minute, hour or day: 30/hour")
    return Rate(int(parts[1]), parts[2])


def whole(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ValueError(f"{text!r} is no such number; allowed is {least} to {most}")
    return int(text)


def choice(text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ValueError(f"{text!r} is not allowed; allowed is {' or '.join(allowed)}")
    return text


def address(text: str) -> Address:
    """`127.0.0.1:8000` or `[::1]:8000`."""
    parts = _ADDRESS.fullmatch(text)
    if not parts or int(parts[3]) > 65535:
        raise ValueError(f"{text!r} is no address; allowed is host:port or [IPv6]:port, such as 127.0.0.1:8000")
    return Address(parts[1] or parts[2], int(parts[3]))


def folder(text: str) -> Path:
    """A path that can also stand in the URL of the default database."""
    if re.search(r"[?#%\r\n]", text) or not text.isprintable():
        raise ValueError(f"{text!r} is no folder for data; allowed is a path without ?, #, % and line breaks, in UTF-8")
    return Path(text)


def keyring(text: str) -> tuple[ServerKey, ...]:
    """`keyid:base64(32 bytes)`, comma separated. What is wrong is named by position: any part may be a secret."""
    keys = tuple(_server_key(position, part.strip()) for position, part in enumerate(text.split(","), start=1))
    if len({key.key_id for key in keys}) < len(keys):
        raise ValueError("has a key id twice; allowed is each key id once")
    return keys


def _server_key(position: int, text: str) -> ServerKey:
    key_id, _, encoded = text.partition(":")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not _KEY_ID.fullmatch(key_id) or len(secret) != _KEY_BYTES:
        raise ValueError(
            f"key {position} is malformed; allowed is keyid:base64 with 1 to 16 of a-z and 0-9, and {_KEY_BYTES} bytes"
        )
    return ServerKey(KeyId(key_id), secret)


def without_password(url: str) -> str:
    """The URL with `***` where the user and the password stand."""
    userinfo, at, rest = url.partition("://")[2].rpartition("@")
    scheme = url.partition("://")[0]
    return f"{scheme}://***@{rest}" if at and userinfo else url
