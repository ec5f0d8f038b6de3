"""
Reads the values of settings, strictly.

Each reader raises a ValueError for a bad value. Its message is one line that continues a sentence beginning with the
setting's name: first the correction, then the error. It shows no value that may be secret.
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

TIME_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
SIZE_UNITS = {"MiB": 1024 * 1024, "KiB": 1024}
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_LONGEST = timedelta(days=3650)
_SIZE = re.compile(r"([0-9]{1,9})(KiB|MiB)?")
_LARGEST_DETAILS = "1MiB"
_RATE = re.compile(r"([1-9][0-9]{0,6})/(second|minute|hour|day)")
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})")
_LAST_PORT = 65535
_KEY_ID = re.compile(r"[a-z0-9]{1,16}")
_KEY_BYTES = 32


class Address(NamedTuple):
    """An address to listen on. With port 0 the system chooses a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Rate(NamedTuple):
    """A limit: at most `most` requests each `second`, `minute`, `hour` or `day`."""

    most: int
    each: str

    def __str__(self) -> str:
        return f"{self.most}/{self.each}"


@dataclass(frozen=True, slots=True)
class ServerKey:
    """One key of the ring. The secret is 32 bytes and is never shown."""

    key_id: KeyId
    secret: bytes = field(repr=False)


def environment(text: str) -> str:
    """Read `development` or `production`."""
    return _choice(text, ("development", "production"))


def on_or_off(text: str) -> bool:
    """Read `on` or `off`."""
    return _choice(text, ("on", "off")) == "on"


def worker_count(text: str) -> int:
    """Read a number of worker processes."""
    return _whole(text, 1, 64)


def proxy_count(text: str) -> int:
    """Read a number of proxies."""
    return _whole(text, 0, 8)


def duration(text: str) -> timedelta:
    """Read `500ms`, `2s`, `15m`, `24h` or `30d`."""
    parts = _DURATION.fullmatch(text)
    length = int(parts[1]) * TIME_UNITS[parts[2]] if parts else timedelta()
    if not timedelta() < length <= _LONGEST:
        raise ValueError(f"must be a duration such as 24h (a number and ms, s, m, h or d; at most 3650d), not {text!r}")
    return length


def details_size(text: str) -> int:
    """Read bytes: `65536`, `64KiB` or `1MiB`."""
    if not 0 < _bytes(text) <= _bytes(_LARGEST_DETAILS):
        raise ValueError(
            f"must be a size such as 64KiB (a number of bytes, KiB or MiB; at most {_LARGEST_DETAILS}), not {text!r}"
        )
    return _bytes(text)


def rate(text: str) -> Rate:
    """Read `30/hour`."""
    parts = _RATE.fullmatch(text)
    if not parts:
        raise ValueError(
            f"must be a rate such as 30/hour (a number above 0 and second, minute, hour or day), not {text!r}"
        )
    return Rate(int(parts[1]), parts[2])


def address(text: str) -> Address:
    """Read `127.0.0.1:8000` or `[::1]:8000`."""
    parts = _ADDRESS.fullmatch(text)
    if not parts or int(parts[3]) > _LAST_PORT:
        raise ValueError(f"must be an address such as 127.0.0.1:8000 (host:port or [IPv6]:port), not {text!r}")
    return Address(parts[1] or parts[2], int(parts[3]))


def folder(text: str) -> Path:
    """Read a path that can also be part of the URL of the default database."""
    if re.search(r"[?#%]", text) or not text.isprintable():
        raise ValueError(f"must be the path of a folder (printable UTF-8 without ?, # and %), not {text!r}")
    return Path(text)


def keyring(text: str) -> tuple[ServerKey, ...]:
    """Read `keyid:base64(32 bytes)`, comma-separated. A message gives a key's position only: any part may be secret."""
    keys = tuple(_server_key(position, part.strip()) for position, part in enumerate(text.split(","), start=1))
    if len({key.key_id for key in keys}) < len(keys):
        raise ValueError("must have a different key id for each key; two keys have the same id")
    return keys


def _server_key(position: int, text: str) -> ServerKey:
    key_id, _, encoded = text.partition(":")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not _KEY_ID.fullmatch(key_id) or len(secret) != _KEY_BYTES:
        raise ValueError(
            "must be keyid:base64, or several, separated by commas (an id of 1 to 16 of a-z and 0-9, a colon, and "
            f"{_KEY_BYTES} bytes in base64, as `openssl rand -base64 {_KEY_BYTES}` prints); key {position} is malformed"
        )
    return ServerKey(KeyId(key_id), secret)


def _choice(text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ValueError(f"must be {' or '.join(allowed)}, not {text!r}")
    return text


def _whole(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ValueError(f"must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _bytes(text: str) -> int:
    """Return the size in bytes, or 0 for a text of another form."""
    parts = _SIZE.fullmatch(text)
    return int(parts[1]) * SIZE_UNITS.get(parts[2], 1) if parts else 0
