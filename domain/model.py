"""Values of the domain: immutable, compared by value, free of any technology."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NewType, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Details: TypeAlias = dict[str, Json]
"""The details that a visitor fills in: a JSON object of the client's own design. Treated as immutable."""

QuoteId = NewType("QuoteId", str)
"""`qt_` and 26 characters of Crockford base32: 48 bits of time in milliseconds, 80 random bits (a ULID). Public."""
QuoteToken = NewType("QuoteToken", str)
"""The visitor's secret for one quote, derived from its id and a server key. Stored nowhere."""
KeyId = NewType("KeyId", str)
"""The name of a server key. The quote token and the quote's name in the store are derived from that key."""
AccountId = NewType("AccountId", str)
"""`ac_` and a ULID."""
AccessToken = NewType("AccessToken", str)
"""`at_`, 128 bits that lead to the account, and 256 random bits: the secret of one session. Stores hold its hash."""
Revision = NewType("Revision", int)
"""A quote's version: milliseconds of the store's clock, or the previous revision + 1 if that is more. Below 2^48."""
SaveId = NewType("SaveId", bytes)
"""8 random bytes that make a repeated save the same save."""
ClaimToken = NewType("ClaimToken", bytes)
"""16 random bytes that name one attempt to claim."""

NO_REVISION = Revision(0)
"""Matches no quote: revisions start far above it."""
FIRST_REVISION = Revision(1)
"""Older than any quote: the deletable revision of a dead claim that holds no draft."""
LAST_REVISION = Revision(2**48 - 1)
"""Newer than any quote: the revision of a discarded claim, into which no draft is merged."""

_QUOTE_ID = re.compile(r"qt_[0-7][0-9A-HJKMNP-TV-Z]{25}")
_MARGIN = timedelta(hours=1)
"""An allowance for clocks that differ, and for a TTL that a save has restarted meanwhile."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CROCKFORD = {character: value for value, character in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")}


def instant(milliseconds: int) -> datetime:
    """Return the UTC time that many milliseconds after the epoch."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds(time: datetime) -> int:
    """Return the whole milliseconds since the epoch; fractions are cut off."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


def timestamp(moment: datetime) -> str:
    """Return the UTC time in RFC 3339, with milliseconds and Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_quote_id(text: str) -> bool:
    """Return whether the text has the form of a quote id."""
    return _QUOTE_ID.fullmatch(text) is not None


def started_at(quote_id: QuoteId) -> datetime:
    """Return the time at which the quote was started: it is part of the id."""
    value = 0
    for character in quote_id[3:13]:
        value = value * 32 + _CROCKFORD[character]
    return instant(value)


@dataclass(frozen=True, slots=True)
class QuoteRef:
    """A quote with a checked token, and the server key from which its name in the store is derived."""

    quote_id: QuoteId
    key_id: KeyId


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The two ends of a temporary quote: the TTL, from its last save, and the maximum age, from its start."""

    ttl: timedelta
    max_age: timedelta

    @property
    def tombstone_ttl(self) -> timedelta:
        """Return the TTL of a tombstone: it outlasts every copy of the draft that a failover can bring back."""
        return self.ttl + _MARGIN

    @property
    def last_pass(self) -> timedelta:
        """
        Return the time from the first clean-up pass to the last: by then every draft of that time has reached its TTL.
        """
        return self.ttl + _MARGIN

    def max_age_end(self, quote_id: QuoteId) -> datetime:
        """Return the absolute end: no save is taken after it."""
        return started_at(quote_id) + self.max_age

    def has_expired(self, quote_id: QuoteId, now: datetime) -> bool:
        """Return whether no store can still hold the draft. A claim may keep it one TTL past its maximum age."""
        return now > self.max_age_end(quote_id) + self.ttl


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of a save. `expires_at` is the end of the TTL or of the maximum age, whichever comes first."""

    revision: Revision
    product: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """An open quote, as its visitor sees it."""

    quote_id: QuoteId
    product: str | None
    details: Details
    revision: Revision
    expires_at: datetime

    @property
    def created_at(self) -> datetime:
        return started_at(self.quote_id)

    @property
    def updated_at(self) -> datetime:
        """Return the time of the last save: the revision is that time."""
        return instant(self.revision)


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft in the form of the store that holds it. Only that store's `decode` can read `raw`."""

    revision: Revision
    raw: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """A decoded draft, from which a claimed quote is built."""

    product: str | None
    details: Details


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address as it was typed, and its normal form: two addresses with the same `key` are the same."""

    address: str
    key: str


@dataclass(frozen=True, slots=True)
class Applicant:
    """A registering visitor. The password is in clear text and never leaves the use case."""

    email: Email
    password: str
    name: str | None = None

    def __repr__(self) -> str:
        return f"Applicant(email={self.email!r}, name={self.name!r})"


@dataclass(frozen=True, slots=True)
class Account:
    """A customer. A change of `credentials_version` ends every session that was opened before it."""

    account_id: AccountId
    email: Email
    name: str | None
    password_hash: str
    created_at: datetime
    credentials_version: int = 1


@dataclass(frozen=True, slots=True)
class Session:
    """A session, as a store keeps it."""

    account_id: AccountId
    credentials_version: int


@dataclass(frozen=True, slots=True)
class Access:
    """A fresh access token, shown once."""

    token: AccessToken
    expires_at: datetime
