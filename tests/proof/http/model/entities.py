"""What the model speaks of: the store and its states, people, and a quote as a draft and a claim."""

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
"""What became of a COMMIT whose answer was lost."""


class Store(enum.Enum):
    """The state of the store of drafts, which keeps the sessions too."""

    UP = enum.auto()
    AWAY = enum.auto()
    OVERLOADED = enum.auto()
    READ_ONLY = enum.auto()
    FULL = enum.auto()
    """It has no room for saves, and for all else it has."""


class Expects(enum.Enum):
    """What an If-Match asks for."""

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
        """Two addresses that differ by case alone are one."""
        return self.email.casefold()


@dataclass
class Account:
    """`account_id` is None until an answer has told it."""

    person: Person
    created_at: datetime
    account_id: str | None = None
    version: int = 1
    """One more with each change of the password."""


@dataclass
class Session:
    """`version` is that of the account when it was opened."""

    token: str
    account: Account
    version: int
    ends: datetime
    is_closed: bool = False


@dataclass(frozen=True)
class Request:
    """A registration with an Idempotency-Key: what has to be the same where it is repeated."""

    key: str
    email: str
    name: str | None


@dataclass
class Draft:
    """What the store holds. `frozen_until` is the end of the lease of a claim whose fate is not known."""

    details: Object
    revision: int
    ends: datetime
    frozen_until: datetime | None = None


@dataclass
class Claim:
    """What the database holds; `details` where its quote is built."""

    person: Person
    at: datetime
    status: Literal["claimed", "pending", "failed", "discarded"]
    details: Object | None
    request: Request | None = None

    @property
    def is_discarded(self) -> bool:
        """Its owner has deleted it, and it is nobody's any more."""
        return self.status == "discarded"


@dataclass
class Quote:
    """`revisions` are those that the client was told, the newest last."""

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
        """Its draft, if its time has not ended."""
        return self.draft if self.draft and now < self.draft.ends else None

    def is_past_cap(self, now: datetime) -> bool:
        """It has ended; but a registration that was refused may have carried its draft on, to be claimed until then."""
        return now >= self.max_age_end

    def has_expired(self, now: datetime) -> bool:
        """Whether no store can have it: a registration that was refused may carry it one TTL past its maximum age."""
        return now > self.max_age_end + TTL


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, with milliseconds and Z."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, word by word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
