"""What operators and checkers see of claims and of stored keys."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from domain.claims import Cause, ClaimState, Cleanup
from domain.model import AccountId, KeyId, QuoteId, Revision


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which claims an operator asks for; nothing that is empty or None narrows it. Times are the claim's own."""

    states: tuple[ClaimState, ...] = ()
    causes: tuple[Cause, ...] = ()
    claimed_before: datetime | None = None
    claimed_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many claims are in that state for that cause, and since when the oldest of them exists."""

    state: ClaimState
    cause: Cause | None
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class QuoteSummary:
    """A claimed quote without its details."""

    quote_id: QuoteId
    account_id: AccountId
    source_revision: Revision


@dataclass(frozen=True, slots=True)
class ClaimSummary:
    """A claim without its payload, beside the quote of that id, as a checker needs them."""

    quote_id: QuoteId
    key_id: KeyId
    account_id: AccountId | None
    state: ClaimState
    source_revision: Revision
    cleanup: Cleanup
    next_at: datetime | None
    has_payload: bool
    quote: QuoteSummary | None


class KeyKind(enum.StrEnum):
    """What a key of the store holds."""

    DRAFT = "draft"
    TOMBSTONE = "tombstone"
    UNREADABLE = "unreadable"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key of the store. `ends` is False where it has no TTL, and would stay for ever."""

    name: str
    kind: KeyKind
    ends: bool
