"""Ids that a test can predict."""

from __future__ import annotations

import itertools
import threading

from domain.model import AccountId, ClaimToken, QuoteId, SaveId, milliseconds
from domain.ports import Clock, Ids

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


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


def _base32(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
