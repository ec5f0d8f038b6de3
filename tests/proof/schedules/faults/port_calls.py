"""Calls of ports, and the faults that each can meet."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.claims import ClaimedQuote, NewClaim
from domain.errors import CommitUnknown, DatabaseUnavailable, QuoteholdError, StoreReadOnly, StoreUnreachable
from domain.model import Draft, QuoteId, QuoteRef


class Fault(enum.Enum):
    """The fate of one call."""

    NONE = "is done"
    CRASH_BEFORE = "is not sent: the process has died"
    CRASH_AFTER = "is done; the process dies before it hears of it"
    REFUSED = "is refused, or never arrives"
    READ_ONLY = "is refused: the server takes no writes"
    LOST = "is done; its answer is lost"
    DROPPED = "is not done; nobody knows"
    LATE = "has no answer, and is done later"
    TWICE = "is done twice at once: the client repeated it"
    REPEATED = "is done, and once more after a while: the client repeated it"


_ANY = (Fault.CRASH_BEFORE, Fault.REFUSED)
_WRITE = (*_ANY, Fault.CRASH_AFTER, Fault.LOST, Fault.LATE, Fault.TWICE, Fault.REPEATED)

READS = {
    "quotes": ("get", "peek"),
    "sessions": ("find", "count"),
    "accounts": ("find", "with_email"),
    "claims": ("with_account", "quote", "with_quote", "of_account"),
    "outbox": ("due", "find", "undeliverable"),
}
WRITES = {
    "quotes": ("create", "save", "discard", "begin_claim", "abort_claim", "finish_claim"),
    "sessions": ("open", "close", "close_all"),
    "accounts": ("put_credentials", "erase"),
    "claims": ("add", "discard", "take_newer"),
    "outbox": ("change",),
}
STORE = ("quotes", "sessions")
"""The ports of the store; all others are ports of the database."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a port."""

    port: str
    method: str
    args: tuple[Any, ...]
    more: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.port}.{self.method}"

    @property
    def is_write(self) -> bool:
        return self.method in WRITES[self.port]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Return all faults that the call can meet."""
        if not self.is_write:
            return (*_ANY, Fault.LOST) if self.port in STORE else _ANY
        return (*_WRITE, Fault.READ_ONLY) if self.port in STORE else (*_WRITE, Fault.DROPPED)

    @property
    def quote_id(self) -> QuoteId | None:
        """Return the quote of the call, if it has one."""
        match self.args:
            case (QuoteRef(quote_id=quote_id), *_):
                return quote_id
            case (NewClaim(claim=claim), *_):
                return claim.quote_id
            case (str(text), *_) if text.startswith("qt_"):
                return QuoteId(text)
            case (first, *_):
                return getattr(first, "quote_id", None)
            case _:
                return None

    @property
    def drafts(self) -> list[ClaimedQuote | Draft]:
        """Return the drafts that the call would store as a quote."""
        given = [*self.args, *self.more.values()]
        quotes = [new.quote for new in given if isinstance(new, NewClaim)]
        return [found for found in (*given, *quotes) if isinstance(found, ClaimedQuote | Draft)]

    def refusal(self, fault: Fault) -> QuoteholdError:
        """Return the error that the caller gets for that fault."""
        if self.port in STORE:
            return StoreReadOnly("planned") if fault is Fault.READ_ONLY else StoreUnreachable("planned")
        is_unknown = self.is_write and fault is not Fault.REFUSED
        return CommitUnknown("planned") if is_unknown else DatabaseUnavailable("planned")
