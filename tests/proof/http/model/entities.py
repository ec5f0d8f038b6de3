"""The entities of the model: the store's states, people, accounts, sessions, and quotes."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

TTL = timedelta(hours=24)
MAX_AGE = timedelta(days=30)
LEASE = timedelta(seconds=15)
SESSION = timedelta(days=30)

Object: TypeAlias = dict[str, Any]
Fate: TypeAlias = Literal["applied", "dropped"]
"""The fate of a COMMIT whose answer was lost."""


class Store(enum.Enum):
    """The state of the store of drafts, which holds the sessions too."""

    UP = enum.auto()
    AWAY = enum.auto()
    OVERLOADED = enum.auto()
    READ_ONLY = enum.auto()
    FULL = enum.auto()
    """It refuses saves, since it has no memory for them; all other calls succeed."""


class Expects(enum.Enum):
    """The revision that an If-Match names."""

    NOTHING = enum.auto()
    PRESENT = enum.auto()
    OTHER = enum.auto()


@dataclass(frozen=True)
class Person:
    email: str
    password: str
    name: str | None = None

    @property
    def key(self) -> str:
        """The e-mail without case: two addresses that differ only in case are one."""
        return self.email.casefold()


@dataclass
class Account:
    """An account; `account_id` is None until an answer has shown it."""

    person: Person
    created_at: datetime
    account_id: str | None = None
    version: int = 1
    """Increased by each change of the password."""


@dataclass
class Session:
    """A session; `version` is that of the account when it was opened."""

    token: str
    account: Account
    version: int
    ends: datetime
    is_closed: bool = False


@dataclass(frozen=True)
class Request:
    """A registration with an Idempotency-Key, as a repeat must have it."""

    key: str
    email: str
    name: str | None


@dataclass
class Draft:
    """A draft in the store. `frozen_until` is the end of the lease of a claim with an unknown commit."""

    details: Object
    revision: int
    ends: datetime
    frozen_until: datetime | None = None


@dataclass
class Claim:
    """A claim in the database; `details` is None until its quote is built."""

    person: Person
    at: datetime
    status: Literal["claimed", "pending", "failed", "discarded"]
    details: Object | None
    request: Request | None = None

    @property
    def is_discarded(self) -> bool:
        """Return whether its owner has deleted it, so that it has no account."""
        return self.status == "discarded"


@dataclass
class Quote:
    """A quote; `revisions` are those in answers, the newest last."""

    quote_id: str
    token: str
    product: str | None
    created_at: datetime
    draft: Draft | None
    claim: Claim | None = None
    revisions: list[int] = field(default_factory=list)

    @property
    def max_age_end(self) -> datetime:
        return self.created_at + MAX_AGE

    def live(self, now: datetime) -> Draft | None:
        """Return the draft, if its TTL has not ended."""
        return self.draft if self.draft and now < self.draft.ends else None

    def is_past_max_age(self, now: datetime) -> bool:
        """Return whether it reads as ended; a refused registration may have restarted its draft's TTL all the same."""
        return now >= self.max_age_end

    def has_expired(self, now: datetime) -> bool:
        """Return whether no store can hold it: a refused registration adds at most one TTL to the maximum age."""
        return now > self.max_age_end + TTL


def stamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC, with milliseconds and Z."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def merged(target: Any, patch: Any) -> Any:
    """Return the merge of RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
