"""The time-outs of a database. A call's time-outs lie within the request's deadline (docs/protocol.md, 7.8)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """
    Time-outs in seconds; 0 means none. The server enforces all but the first two. `silence_s` is for a server that
    cannot enforce them, because it hangs or is cut off.
    """

    connect: int = 2
    silence_s: float | None = 3.5
    statement: float = 3
    lock: int = 3
    idle_transaction: int = 10
    """After this time the server ends a transaction without a client, and releases its locks."""
    keepalive: int = 5


SERVICE = Timeouts()
MIGRATION = Timeouts(silence_s=None, statement=0, idle_transaction=0)
"""Migrations may take as long as a change of a large table needs."""
