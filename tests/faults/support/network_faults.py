"""What can be wrong with the network between a client and a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

Marker = bytes | Callable[[bytes], bool]
"""How a request is known: by bytes anywhere in it, or by a question about the piece of the stream just read."""


class Way(Enum):
    """The directions of a connection."""

    REQUESTS = auto()
    REPLIES = auto()


class Kind(Enum):
    """What a strike does to the connection that carries its marker."""

    CUT_REQUEST = auto()
    CUT_REPLY = auto()
    SWALLOW_REQUEST = auto()


@dataclass(slots=True)
class Strike:
    """A fault that waits for a request."""

    kind: Kind
    when: Marker
    times: int

    def hits(self, before: bytes, piece: bytes) -> bool:
        """Whether the request is here; a marker may have begun in what came `before` this piece."""
        if not self.times:
            return False
        if callable(self.when):
            return self.when(piece)
        overlap = len(self.when) - 1
        return self.when in (before[-overlap:] if overlap else b"") + piece


@dataclass(slots=True)
class Faults:
    """What is wrong with the network at the moment. Only the proxy's own thread changes it."""

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
