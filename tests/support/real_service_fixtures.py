"""The service on every store and database, as a pytest plugin: servers that tests share, and do not break."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.redis.quotes import RedisQuoteStore
from adapters.sql.claims import SqlClaims
from adapters.sql.records import SqlClaimRecords
from domain.errors import DraftClaimed, DraftGone
from domain.model import QuoteRef
from domain.repairing.ports import StoreScan
from domain.repairing.schedule import RepairSchedule
from domain.repairing.summaries import KeyKind, StoredKey
from domain.use_cases.verify_claims import Finding, VerifyClaims
from entrypoints.services import Services
from tests.contract.support.database_fixtures import empty_database
from tests.support import backends
from tests.support.real_service import RealService, connected, store_of


@pytest.fixture(params=backends.STORE_WITH_SQL)
def real_service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealService]:
    """The service on every store and database. Tests share the servers, and must not break them."""
    store, _, database = request.param.partition("+")
    with empty_database(database, request, tmp_path) as sql, connected(store_settings(request, store), sql) as services:
        yield RealService(sql, services)
        assert findings(services) == []


@dataclass(frozen=True, slots=True)
class _OwnQuotes(StoreScan):
    """
    A scan of the requested quotes alone, since the servers hold those of other tests too.

    It needs no more rights than the service's own user has.
    """

    quotes: RedisQuoteStore

    def all_keys(self) -> Iterator[Sequence[StoredKey]]:
        yield from ()

    def name(self, ref: QuoteRef) -> str:
        return self.quotes._name(ref)

    def look_up(self, refs: Sequence[QuoteRef]) -> list[StoredKey | None]:
        return [self._stored(ref) for ref in refs]

    def _stored(self, ref: QuoteRef) -> StoredKey | None:
        try:
            self.quotes.peek(ref)
        except DraftGone:
            return None
        except DraftClaimed:
            return StoredKey(self.name(ref), KeyKind.TOMBSTONE, ends=True)
        return StoredKey(self.name(ref), KeyKind.DRAFT, ends=True)


def findings(services: Services) -> list[Finding]:
    """Return the findings of `quotes claims verify` after a test."""
    register = services.register_and_claim
    assert isinstance(register.claims, SqlClaims)
    records, scan = SqlClaimRecords(register.claims.transactions), _OwnQuotes(store_of(services))
    claim = register.commit
    schedule = RepairSchedule(claim.fetch.repair_delay, claim.missing.lifetime)
    verify = VerifyClaims(records, scan, register.tokens, register.clock, schedule)
    return list(verify(lambda what, number: None))


def store_settings(request: pytest.FixtureRequest, store: str) -> dict[str, str]:
    """Return the settings of a service that uses the store of that name."""
    match store:
        case "valkey":
            return {"QUOTES_REDIS_URL": request.getfixturevalue("valkey_server").url}
        case "redis":
            return dict(request.getfixturevalue("redis_server").environ)
        case _:
            return dict(request.getfixturevalue(f"{store}_servers").environ)
