"""The audit log of operators' acts on claims."""

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
    """The person at the command line, as `actor`, and their reason."""

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
    The record of an operator's act on a claim: actor, action, time and reason. `before` and `after` are snapshots of
    the claim, equal if nothing was changed. `account_id` is the claim's account, until the entry is anonymised.
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
        Return the entry without data that may reveal the customer: the reason, which an operator typed, the account id,
        and the payload's hash, from which a short text can be guessed.
        """
        unread = {"payload_sha256": None}
        return replace(
            self, reason=None, account_id=None, before={**self.before, **unread}, after={**self.after, **unread}
        )


def snapshot(claim: Claim) -> dict[str, Json]:
    """
    Return the state of a claim for an audit entry, without personal data: of the payload, only length and SHA-256.
    """
    payload = claim.payload
    return {
        "state": claim.state.value,
        "cause": None if claim.cause is None else claim.cause.value,
        "attempts": claim.attempts,
        "revision": claim.source_revision,
        "payload_bytes": None if payload is None else len(payload),
        "payload_sha256": None if payload is None else hashlib.sha256(payload).hexdigest(),
    }
