"""The audit log: who did what to a claim."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from domain.claims import Claim
from domain.model import AccountId, Json, QuoteId


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts, and why."""

    actor: str
    reason: str | None


class AuditAction(enum.StrEnum):
    """An operator's action on a claim."""

    RETRY = "retry"
    DISCARD = "discard"
    REVEAL = "reveal"
    """Personal data was shown."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """
    Who did what to a claim, when and why. `before` and `after` are snapshots, equal where nothing was changed.
    `account_id` is whose claim it was, until that one is forgotten.
    """

    quote_id: QuoteId
    action: AuditAction
    actor: str
    reason: str | None
    at: datetime
    before: Mapping[str, Json]
    after: Mapping[str, Json]
    account_id: AccountId | None = None

    def anonymised(self) -> AuditEntry:
        """
        Return the entry without data that may speak of the customer: the reason was typed, and the hash of a short
        text can be guessed.
        """
        unread = {"payload_sha256": None}
        return replace(
            self, reason=None, account_id=None, before={**self.before, **unread}, after={**self.after, **unread}
        )


def snapshot(claim: Claim) -> dict[str, Json]:
    """What an entry changes of a claim, without personal data: the payload by its length and SHA-256 alone."""
    payload = claim.payload
    return {
        "state": claim.state.value,
        "cause": None if claim.cause is None else claim.cause.value,
        "attempts": claim.attempts,
        "revision": claim.source_revision,
        "payload_bytes": None if payload is None else len(payload),
        "payload_sha256": None if payload is None else hashlib.sha256(payload).hexdigest(),
    }
