"""Clock, ids and hashes that a test can foresee."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta

from domain.model import AccountId, ClaimToken, QuoteId, SaveId, milliseconds
from domain.ports import Clock, Ids, PasswordHasher

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class ManualClock(Clock):
    """Stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, duration: timedelta) -> None:
        self._now += duration


class CountingIds(Ids):
    """Ids in the real form, at the clock's time, with a counter in place of the random part."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counter = itertools.count(1)
        self._lock = threading.Lock()

    def quote_id(self) -> QuoteId:
        return QuoteId(f"qt_{self._ulid()}")

    def account_id(self) -> AccountId:
        return AccountId(f"ac_{self._ulid()}")

    def save_id(self) -> SaveId:
        return SaveId(self._next().to_bytes(8, "big"))

    def claim_token(self) -> ClaimToken:
        return ClaimToken(self._next().to_bytes(16, "big"))

    def _ulid(self) -> str:
        return _base32(milliseconds(self._clock.now()), 10) + _base32(self._next(), 16)

    def _next(self) -> int:
        with self._lock:
            return next(self._counter)


class PlainPasswordHasher(PasswordHasher):
    """No hash at all: fast, never overloaded, and for tests alone. To one of another form its hashes are outdated."""

    def __init__(self, form: str = "plain") -> None:
        self._form = form

    def hash(self, password: str) -> str:
        return f"{self._form}:{password}"

    def verify(self, password_hash: str | None, password: str) -> bool:
        _, colon, known = (password_hash or "").partition(":")
        return bool(colon) and known == password

    def is_outdated(self, password_hash: str) -> bool:
        return not password_hash.startswith(f"{self._form}:")


def _base32(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
