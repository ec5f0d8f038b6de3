"""Summaries of claims and of stored keys, for operators and checkers."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from domain.claims import Cause, ClaimState, Cleanup
from domain.model import AccountId, KeyId, QuoteId, Revision


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """A filter of claims. An empty or None field does not narrow it. The times are compared with the claim's time."""

    states: tuple[ClaimState, ...] = ()
    causes: tuple[Cause, ...] = ()
    claimed_before: datetime | None = None
    claimed_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class CauseCount:
    """The number of claims in this state with this cause, and the time of the oldest of them."""

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
    """A claim without its payload, with a summary of its quote, as a checker needs them."""

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
    """The kind of value that a key of the store holds."""

    DRAFT = "draft"
    TOMBSTONE = "tombstone"
    UNREADABLE = "unreadable"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key of the store. `ends` is False if the key has no TTL, and so would stay for ever."""

    name: str
    kind: KeyKind
    ends: bool
