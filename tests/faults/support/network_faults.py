"""Faults of the network between a client and a server, in the manner of toxiproxy's toxics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

Marker = bytes | Callable[[bytes], bool]
"""The mark of a request: bytes anywhere in it, or a predicate of the piece of the stream just read."""


class Way(Enum):
    """The directions of a connection."""

    REQUESTS = auto()
    REPLIES = auto()


class Kind(Enum):
    """The effect of a strike on the connection that carries its marker."""

    CUT_REQUEST = auto()
    CUT_REPLY = auto()
    SWALLOW_REQUEST = auto()


@dataclass(slots=True)
class Strike:
    """A fault that happens at a matching request."""

    kind: Kind
    when: Marker
    times: int

    def hits(self, before: bytes, piece: bytes) -> bool:
        """Tell whether this piece completes the marker, which may begin in the bytes `before` the piece."""
        if not self.times:
            return False
        if callable(self.when):
            return self.when(piece)
        overlap = len(self.when) - 1
        return self.when in (before[-overlap:] if overlap else b"") + piece


@dataclass(slots=True)
class Faults:
    """The present faults of the network. Only the proxy's own thread changes them."""

    latency: dict[Way, float] = field(default_factory=lambda: dict.fromkeys(Way, 0.0))
    half_open: bool = False
    strikes: list[Strike] = field(default_factory=list)
    struck: int = 0

    def strike(self, before: bytes, piece: bytes) -> Kind | None:
        for strike in self.strikes:
            if strike.hits(before, piece):
                strike.times -= 1
                return strike.kind
        return None
