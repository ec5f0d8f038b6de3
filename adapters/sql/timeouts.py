"""How long a database may take: each time-out lies within the next, and all within a request's deadline."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """
    Time-outs in seconds; 0 means none. The server enforces all but the first two. `silence_s` is for a server that
    cannot, since it hangs or is cut off.
    """

    connect: int = 2
    silence_s: float | None = 3.5
    statement: float = 3
    lock: int = 3
    idle_transaction: int = 10
    """After that the server ends a transaction whose client is gone, with the locks that it held."""
    keepalive: int = 5


SERVICE = Timeouts()
MIGRATION = Timeouts(silence_s=None, statement=0, idle_transaction=0)
"""A change of a large table takes its time."""
