"""What is in Redis and in SQL once the faults have ended and the reconciler has done all of its passes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.redis.record import TOMBSTONE, parse
from tests.contract.sql_legs import SqlLeg

NO_TTL = -1


@dataclass(frozen=True, slots=True)
class AccountRow:
    account_id: str
    email: str


@dataclass(frozen=True, slots=True)
class ClaimRow:
    quote_id: str
    account_id: str | None
    state: str = "done"
    cause: str | None = None
    cleanup: str = "verified"

    @property
    def is_done(self) -> bool:
        return self.state == "done"

    @property
    def has_expired(self) -> bool:
        """Whether nothing was there to be fetched for it."""
        return (self.state, self.cause) == ("dead", "expired")


@dataclass(frozen=True, slots=True)
class QuoteRow:
    quote_id: str
    account_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What a key of Redis holds. `number` is that of a draft, None in a tombstone and in what is no quote."""

    key: str
    ends: bool = True
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """The rows, the keys, the key that each quote has or would have, and what the service's own checker finds."""

    accounts: tuple[AccountRow, ...] = ()
    claims: tuple[ClaimRow, ...] = ()
    quotes: tuple[QuoteRow, ...] = ()
    stored: tuple[Stored, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


def read_ending(sql: SqlLeg, admin: Any, names: Mapping[str, str], findings: Iterable[object]) -> Ending:
    """`admin` is a client of redis-py's who may do everything, on the whole of Redis."""
    return Ending(
        tuple(AccountRow(row["account_id"], row["email_key"]) for row in sql.dicts("account")),
        tuple(
            ClaimRow(row["quote_id"], row["account_id"], row["state"], row["cause"], row["cleanup"])
            for row in sql.dicts("claim")
        ),
        tuple(
            QuoteRow(row["quote_id"], row["account_id"], _json(row["details"])["number"]) for row in sql.dicts("quote")
        ),
        tuple(_stored(admin, name) for name in admin.scan_iter("*", count=500)),
        names,
        tuple(map(str, findings)),
    )


def _json(details: Any) -> Any:
    """PostgreSQL's driver has read it already."""
    return json.loads(details) if isinstance(details, str) else details


def _stored(admin: Any, name: bytes) -> Stored:
    key, ends = name.decode(), admin.pttl(name) != NO_TTL
    return Stored(key, ends, _number(admin.get(name)) if key.startswith("q:") else None)


def _number(value: bytes) -> int | None:
    record = parse(value)
    if record.state == TOMBSTONE:
        return None
    number = record.draft().details["number"]
    assert isinstance(number, int)
    return number
