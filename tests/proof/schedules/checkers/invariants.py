"""The protocol's invariants, and what a test may have done that excuses what looks like a breach of one."""

from __future__ import annotations

import enum


class Rule(enum.Enum):
    """What is promised. The first ten are the invariants of docs/proof.md, by their numbers."""

    ONE = "1: at most one account per e-mail, one quote and one claim per quote id"
    ROWS = "2: every 201 has its committed rows"
    SAVES = "3: no acknowledged save that the store had at the claim is missing from the claimed quote"
    KEPT = "4: a draft goes only by a committed claim, by its owner, or by its time"
    CLEANED = "5: in the end every claimed draft is a tombstone or absent"
    TTL = "6: no key without a TTL"
    CLAIMED = "7: from finish on every save and claim is told that the quote was claimed"
    REPLAY = "8: a replay has the same account and quote"
    SECRETS = "9: no token and no password in a log, a key, a value or a row"
    ONCE = "10: an operator's retry makes no second quote"
    BOTH = "11: a claim and a discard are not both acknowledged"
    TOLD = "12: every answer is true, and one that is documented"
    REPEATED = "13: a call of the store, repeated at once, has the same answer"
    OPEN = "14: a quote that nobody has claimed can be claimed"
    LET_IN = "15: only the present password, and a session that was opened by it and has not ended, open an account"
    FORGOTTEN = "16: what its owner has deleted, or nobody has repaired in time, is gone and does not come back"

    @property
    def number(self) -> int:
        return int(self.value.partition(":")[0])


class Broken(BaseException):
    """A rule was broken. No code that is tested may catch it."""

    def __init__(self, rule: Rule, what: str) -> None:
        super().__init__(f"{rule.value}\n    {what}")
        self.rule = rule
        self.what = what


class Excuse(enum.Enum):
    """What was done to a quote."""

    EXPIRED = enum.auto()
    ROLLED_BACK = enum.auto()
    CORRUPTED = enum.auto()
    LEASE_ENDED = enum.auto()
    NOT_HELD = enum.auto()
    """A claim could not freeze it: the store was away, or took no writes."""
    DISCARDED = enum.auto()
    OPERATED = enum.auto()
    """An operator acted on its claim."""
    ERASED = enum.auto()
    """Its owner has deleted it, or the account that has it."""
    PURGED = enum.auto()
    """Nobody has repaired it in time."""
    POISONED = enum.auto()
    """The database refused what was saved."""
