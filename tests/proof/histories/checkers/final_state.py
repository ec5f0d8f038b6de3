"""The final state: the rows and keys after the faults and all passes of the reconciler."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.redis.record import TOMBSTONE, parse
from tests.contract.support.sql_backends import SqlBackend

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
        """Return whether no draft was left to fetch."""
        return (self.state, self.cause) == ("dead", "expired")


@dataclass(frozen=True, slots=True)
class QuoteRow:
    quote_id: str
    account_id: str
    number: int


@dataclass(frozen=True, slots=True)
class RedisKey:
    """A key of Redis. `number` is that of a draft, None for a tombstone and for other keys."""

    key: str
    ends: bool = True
    number: int | None = None


@dataclass(frozen=True, slots=True)
class FinalState:
    """The rows, the keys, the key of each quote, and the findings of `quotes claims verify`."""

    accounts: tuple[AccountRow, ...] = ()
    claims: tuple[ClaimRow, ...] = ()
    quotes: tuple[QuoteRow, ...] = ()
    stored: tuple[RedisKey, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


def read_final_state(sql: SqlBackend, admin: Any, names: Mapping[str, str], findings: Iterable[object]) -> FinalState:
    """Read the final state; `admin` is a redis-py client with all rights on all of Redis."""
    return FinalState(
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
    """PostgreSQL's driver has parsed it already."""
    return json.loads(details) if isinstance(details, str) else details


def _stored(admin: Any, name: bytes) -> RedisKey:
    key, ends = name.decode(), admin.pttl(name) != NO_TTL
    return RedisKey(key, ends, _number(admin.get(name)) if key.startswith("q:") else None)


def _number(value: bytes) -> int | None:
    record = parse(value)
    if record.state == TOMBSTONE:
        return None
    number = record.draft().details["number"]
    assert isinstance(number, int)
    return number
