"""The patterns of a search: each secret in the forms that it may be written in."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from tests.secrecy.ledger import Kind

_PIECE = 16
"""Any so many characters in sequence identify a token."""
_WINDOW, _STRIDE = 12, 5
"""
Of each run of token characters in a text, every fifth window is looked up, so a search takes as long for a hundred
thousand secrets as for one. All windows of a secret are known, so each piece of it contains a window that is looked up.
The 72 random bits of a window rule out a chance match.
"""
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_TAIL = 32
"""The length of the random end of every token. A key's id, or a session's name, may stand before it."""
_SHAPE = re.compile(rb"(?<![A-Za-z0-9_-])(?:qk_[A-Za-z0-9_-]{33,48}|at_[A-Za-z0-9_-]{43,64})(?![A-Za-z0-9_-])")
_FAST = ("md5", "sha1", "sha256", "sha512")
"""Hashes from which a password is guessed quickly."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An occurrence of `secret`, as `text`, at that offset. The secret may be a token that was not noted."""

    offset: int
    secret: str
    text: bytes


@dataclass(slots=True)
class SecretPatterns:
    """Pieces of tokens, and literals of passwords, each with its secret."""

    windows: dict[bytes, str] = field(default_factory=dict)
    literals: dict[bytes, str] = field(default_factory=dict)

    @classmethod
    def of(cls, secrets: Mapping[str, Kind]) -> SecretPatterns:
        patterns = cls()
        for secret, kind in secrets.items():
            if kind is Kind.PASSWORD:
                patterns.literals |= dict.fromkeys([*_written(secret), *_encoded(secret)], secret)
                continue
            for text in _cut(secret):
                for start in range(len(text) - _WINDOW + 1):
                    patterns.windows[text[start : start + _WINDOW]] = secret
        return patterns

    def hits(self, data: bytes) -> Iterator[Hit]:
        """Yield each text that holds a secret, once."""
        for run in set(_RUN.findall(data)):
            yield from self._hits_in_run(data, run)
        for literal, offset in _found(self.literals, data):
            yield Hit(offset, self.literals[literal], literal)

    def _hits_in_run(self, data: bytes, run: bytes) -> Iterator[Hit]:
        known: dict[str, int] = {}
        for start in range(0, len(run) - _WINDOW + 1, _STRIDE):
            if secret := self.windows.get(run[start : start + _WINDOW]):
                known.setdefault(secret, start)
        for secret, start in known.items():
            yield Hit(data.find(run) + start, secret, run[start : start + _WINDOW])
        if not known and (shaped := _SHAPE.search(run)):
            yield Hit(data.find(run) + shaped.start(), shaped[0].decode(), shaped[0])


def _found(literals: Iterable[bytes], data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield an offset of each literal in the data. grep needs one pass for all; `find` would need one for each."""
    in_lines = [literal for literal in literals if b"\n" not in literal and b"\0" not in literal]
    for literal in set(literals) - set(in_lines):
        if (offset := data.find(literal)) >= 0:
            yield literal, offset
    if not in_lines or not data:
        return
    with tempfile.NamedTemporaryFile() as patterns:
        patterns.write(b"\n".join(in_lines))
        patterns.flush()
        command = ["grep", "--text", "--only-matching", "--byte-offset", "--fixed-strings", "--file", patterns.name]
        grep = subprocess.run(command, input=data, capture_output=True, env=os.environ | {"LC_ALL": "C"}, check=False)
    if grep.returncode > 1:
        raise OSError(f"grep: {grep.stderr.decode(errors='replace')}")
    told = set()
    for line in grep.stdout.split(b"\n")[:-1]:
        position, _, literal = line.partition(b":")
        if literal not in told:
            told.add(literal)
            yield literal, int(position)


def _cut(token: str) -> Iterator[bytes]:
    """Yield a token's end, and the beginning of that end in base64 and in hex."""
    raw = token.encode()
    yield raw[-_TAIL:]
    skipped = -(-(len(raw) - _TAIL) // 3)
    yield b64encode(raw)[4 * skipped :][:_PIECE]
    yield raw[-_TAIL:].hex().encode()[:_PIECE]


def _written(password: str) -> set[bytes]:
    """Return a password as it is, and as JSON and URLs write it."""
    words = {password, json.dumps(password)[1:-1], quote(password, safe=""), quote_plus(password)}
    return {word.encode() for word in words}


def _encoded(password: str) -> Iterator[bytes]:
    """
    Return a password in base64, at each of its three alignments, in hex, and in fast hashes.

    Only as a whole: pieces of a password occur by chance. The encoding of a short one is left out.
    """
    return (text for text in _encodings(password) if len(text) >= _PIECE)


def _encodings(password: str) -> Iterator[bytes]:
    raw = password.encode()
    for before, first in ((0, 0), (1, 2), (2, 3)):
        yield b64encode(bytes(before) + raw[: (len(raw) + before) // 3 * 3 - before])[first:]
    yield raw.hex().encode()
    for name in _FAST:
        yield hashlib.new(name, raw).hexdigest().encode()
