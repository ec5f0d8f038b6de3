"""Hostile bodies: noise, and JSON with small faults. The same seed makes the same bodies."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

from tests.support.json_cases import ACCEPTED, REFUSED

_SAMPLES = [
    json.dumps(json.loads(path.read_text("utf-8"))).encode()
    for path in sorted(Path(__file__).parents[2].joinpath("samples").glob("*.json"))
]
_ALL = [*(case.body for case in ACCEPTED), *(case.body for case in REFUSED)]
_SMALL = [body for body in _ALL if len(body) < 2000]
_TOKENS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b'"',
    b"\\",
    b"null",
    b"-",
    b"1e400",
    b"\\ud800",
    b"\\u0000",
    b"\xff",
    b"\0",
]
_LARGEST = 250_000


class HostileBodies:
    """An endless series of hostile bodies, made from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a seed must repeat the series
        self._kinds: list[Callable[[], bytes]] = [
            *[self._noise] * 6,
            *[self._mutated] * 8,
            *[self._spliced] * 3,
            *[self._deep] * 3,
            *[self._known] * 3,
            *[self._tokens] * 3,
            *[self._wrapped] * 3,
        ]
        self._made = 0

    def next(self) -> bytes:
        self._made += 1
        return self._large() if self._made % 500 == 0 else self._random.choice(self._kinds)()

    def _noise(self) -> bytes:
        return self._random.randbytes(self._random.randint(0, 300))

    def _mutated(self) -> bytes:
        body = bytearray(self._random.choice(_SAMPLES))
        for _ in range(self._random.choice((0, 0, 1, 1, 2, 8))):
            at = self._random.randrange(len(body))
            match self._random.randrange(5):
                case 0:
                    body[at] ^= 1 << self._random.randrange(8)
                case 1:
                    body[at : at + 1] = b""
                case 2:
                    body[at:at] = self._random.choice(_TOKENS)
                case 3:
                    body[at:] = b""
                case _:
                    body[at:at] = body[at : at + self._random.randint(1, 60)]
            body = body or bytearray(b"{")
        return bytes(body)

    def _spliced(self) -> bytes:
        one, other = self._random.choice(_SAMPLES), self._random.choice(_SAMPLES)
        return one[: self._random.randrange(len(one))] + other[self._random.randrange(len(other)) :]

    def _deep(self) -> bytes:
        """Return up to thousands of nested levels; sometimes not all of them are closed."""
        opening = self._random.choice((b"[", b'{"a":', b'[{"a":', b'{"":[', b'["\\"",'))
        depth = self._random.choice((20, 30, 31, 32, 100, 2000))
        closing = b"".join({91: b"]", 123: b"}"}[byte] for byte in reversed(opening) if byte in b"[{")
        return opening * depth + b"1" + closing * self._random.choice((depth, depth, depth - 1, 0))

    def _known(self) -> bytes:
        return self._random.choice(_SMALL)

    def _wrapped(self) -> bytes:
        return b'{"details":{"a":' + self._known() + b"}}"

    def _tokens(self) -> bytes:
        return b"".join(self._random.choices(_TOKENS, k=self._random.randint(1, 40)))

    def _large(self) -> bytes:
        return (
            b'{"a":"' + self._random.randbytes(self._random.randint(60_000, _LARGEST)).hex()[:_LARGEST].encode() + b'"}'
        )
