"""The clock and the random numbers of this machine."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from ulid import ULID

from domain.model import AccountId, ClaimToken, QuoteId, SaveId
from domain.ports import Clock, Ids


class SystemClock(Clock):
    def now(self) -> datetime:
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


class SystemIds(Ids):
    """ULIDs (github.com/ulid/spec) and random bytes from the operating system."""

    def quote_id(self) -> QuoteId:
        return QuoteId(f"qt_{ULID()}")

    def account_id(self) -> AccountId:
        return AccountId(f"ac_{ULID()}")

    def save_id(self) -> SaveId:
        return SaveId(os.urandom(8))

    def claim_token(self) -> ClaimToken:
        return ClaimToken(os.urandom(16))
