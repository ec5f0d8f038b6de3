"""The invariants of docs/protocol.md, section 10, and the excuses for an apparent violation."""

from __future__ import annotations

import enum


class Invariant(enum.Enum):
    """The invariants by their numbers (docs/protocol.md, section 10)."""

    UNIQUE_ROWS = "1: at most one account per e-mail, one quote and one claim per quote id"
    COMMITTED_ROWS = "2: every 201 has its committed rows"
    NO_LOST_SAVE = "3: no acknowledged save that the store had at the claim is missing from the claimed quote"
    DRAFT_KEPT = "4: a draft goes only by a committed claim, by its owner, or by its time"
    CLEANED_UP = "5: in the end every claimed draft is a tombstone or absent"
    TTL = "6: no key without a TTL"
    KNOWN_AS_CLAIMED = (
        "7: from the tombstone on (after a failover: from the next pass), "
        'every save and claim of the quote is answered "claimed"'
    )
    REPLAY = "8: a replay has the same account and quote"
    NO_SECRETS = "9: no token and no password in a log, a key, a value or a row"
    RETRY_ONCE = "10: an operator's retry makes no second quote"
    CLAIM_XOR_DISCARD = "11: a claim and a discard are not both acknowledged"
    TRUE_ANSWER = "12: every answer is true and documented"
    REPEATABLE_CALL = "13: a call of the store, repeated at once, has the same answer"
    CLAIMABLE = "14: a quote that nobody has claimed can be claimed"
    AUTHENTICATED = "15: only the present password, and a live session opened with it, open an account"
    ERASED = (
        "16: data that its owner has deleted, or that no operator has repaired in time, is gone and does not come back"
    )

    @property
    def number(self) -> int:
        return int(self.value.partition(":")[0])


class Violation(BaseException):
    """A broken invariant. A BaseException, so that the service cannot catch it."""

    def __init__(self, invariant: Invariant, detail: str) -> None:
        super().__init__(f"{invariant.value}\n    {detail}")
        self.invariant = invariant
        self.detail = detail


class Excuse(enum.Enum):
    """An event in the life of a quote that explains an apparent violation."""

    EXPIRED = enum.auto()
    ROLLED_BACK = enum.auto()
    CORRUPTED = enum.auto()
    LEASE_ENDED = enum.auto()
    NOT_FROZEN = enum.auto()
    """A claim could not freeze the draft: the store was unreachable or read-only."""
    DISCARDED = enum.auto()
    OPERATED = enum.auto()
    """An operator acted on its claim."""
    ERASED = enum.auto()
    """Its owner deleted the quote or erased the account."""
    PURGED = enum.auto()
    """Its dead letter was kept for the whole retention, and was then deleted."""
    POISONED = enum.auto()
    """The database refused its details."""
