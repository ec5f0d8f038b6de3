"""A clock that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.ports import Clock


class ManualClock(Clock):
    """A clock that stands still until a test advances it."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, duration: timedelta) -> None:
        self._now += duration
