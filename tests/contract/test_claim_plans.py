"""The cost of repairs in the database: it grows with the claims to repair, and not with all claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from adapters.sql.database import open_database
from adapters.sql.schema import migrate
from domain.claims import OPEN_STATES, UNFINISHED_STATES, ClaimState, NewClaim
from domain.repairing.summaries import ClaimFilter
from tests.contract.support.builders import NOW, a_claim, a_new_claim, a_quote, a_quote_id, an_account, an_audit_entry
from tests.contract.support.database_fixtures import Ports, empty_database, sql_ports
from tests.contract.support.many_claims import FEW, fill
from tests.contract.support.read_counters import READ_COUNTERS, Cost, ReadCounter
from tests.support import backends

SMALL, LARGE = 1_000, 100_000
MARGIN = 20
"""Reads of a statement that finds nothing."""
Record = Callable[[str, object], None]


@dataclass(frozen=True, slots=True)
class Filled:
    """A database that holds claims."""

    ports: Ports
    counter: ReadCounter

    def cost(self, work: Callable[[Ports], object]) -> Cost:
        return self.counter.cost(lambda: work(self.ports))


@dataclass(frozen=True, slots=True)
class Databases:
    """The same kind of database twice, with few claims in all and with many."""

    small: Filled
    large: Filled

    def costs(self, work: Callable[[Ports], object]) -> tuple[Cost, Cost]:
        """Return the cost of the second run; in the first, a new connection loads its metadata."""
        for filled in (self.small, self.large):
            work(filled.ports)
        return self.small.cost(work), self.large.cost(work)


@pytest.fixture(scope="module", params=[*backends.SQL, "postgresql, analysed"])
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    kind, _, is_analysed = request.param.partition(", ")

    @contextmanager
    def filled(count: int) -> Iterator[Filled]:
        with empty_database(kind, request, tmp_path_factory.mktemp(kind)) as backend:
            database = open_database(backend.url)
            migrate(database)
            if kind == "postgresql":
                # Else its own daemon may count the rows during a test.
                for table in ("account", "claim", "quote", "claim_act"):
                    backend.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
            fill(database, count)
            if is_analysed:
                backend.execute("ANALYZE")
            yield Filled(sql_ports(database), READ_COUNTERS[kind](database))
            database.close()

    with filled(SMALL) as small, filled(LARGE) as large:
        yield Databases(small, large)


def test_finding_due_claims_costs_the_due_claims(databases: Databases, record_property: Record) -> None:
    for ports in (databases.small.ports, databases.large.ports):
        assert len(ports.outbox.due(NOW, 50)) == FEW

    costs = databases.costs(lambda ports: ports.outbox.due(NOW, 50))

    _check(databases, FEW, costs, record_property)


def test_finding_no_due_claim_costs_nothing(databases: Databases, record_property: Record) -> None:
    long_ago = NOW.replace(year=2001)

    costs = databases.costs(lambda ports: ports.outbox.due(long_ago, 50))

    _check(databases, 0, costs, record_property)


def test_changing_a_claim_costs_one_claim(databases: Databases, record_property: Record) -> None:
    def change(ports: Ports) -> None:
        [claim, *_] = ports.outbox.due(NOW, 1)
        ports.outbox.change(claim, replace(claim, attempts=claim.attempts + 1), entry=an_audit_entry(claim))

    costs = databases.costs(change)

    _check(databases, 2, costs, record_property)


@pytest.mark.parametrize(
    ("states", "found"),
    [((ClaimState.DEAD,), FEW), (OPEN_STATES, 2 * FEW), (UNFINISHED_STATES, 2 * FEW), ((), 50)],
    ids=["dead", "open", "unfinished", "any"],
)
def test_listing_claims_of_a_state_costs_the_listed_claims(
    databases: Databases, record_property: Record, states: tuple[ClaimState, ...], found: int
) -> None:
    for ports in (databases.small.ports, databases.large.ports):
        assert found == len(ports.records.find(ClaimFilter(states=states), None, 50))

    costs = databases.costs(lambda ports: ports.records.find(ClaimFilter(states=states), None, 50))

    _check(databases, found, costs, record_property)


def test_a_page_of_an_account_costs_the_rows_of_that_account(databases: Databases, record_property: Record) -> None:
    account = an_account("bob@example.com")
    for ports in (databases.small.ports, databases.large.ports):
        ports.claims.add(a_new_claim(account))
        for _ in range(2 * FEW - 1):
            claim = a_claim(a_quote_id(), account.account_id, next_at=None)
            ports.claims.add(NewClaim(None, claim, a_quote(claim)))

    def second_page(ports: Ports) -> None:
        first = ports.claims.of_account(account.account_id, None, FEW)
        assert len(ports.claims.of_account(account.account_id, first[-1].claim.position, FEW)) == FEW

    costs = databases.costs(second_page)

    # At most, both pages read all claims of the account first; each claim comes with its quote.
    _check(databases, 8 * FEW, costs, record_property)


def test_finding_no_undeliverable_claim_costs_the_dead_letters(databases: Databases, record_property: Record) -> None:
    costs = databases.costs(lambda ports: ports.outbox.undeliverable(NOW.replace(year=2001), 50))

    _check(databases, FEW, costs, record_property)


def test_a_batch_of_claims_costs_a_batch(databases: Databases, record_property: Record) -> None:
    def second_batch(ports: Ports) -> None:
        first = ports.records.claims(None, 50)
        assert len(ports.records.claims(first[-1].quote_id, 50)) == 50

    costs = databases.costs(second_batch)

    _check(databases, 100, costs, record_property)


def test_a_batch_of_quotes_costs_a_batch(databases: Databases, record_property: Record) -> None:
    def second_batch(ports: Ports) -> None:
        first = ports.records.claimed(None, 50)
        assert len(ports.records.claimed(first[-1][0], 50)) == 50

    costs = databases.costs(second_batch)

    _check(databases, 100, costs, record_property)


def _check(databases: Databases, rows: int, costs: tuple[Cost, Cost], record_property: Record) -> None:
    """Check that reading so many wanted rows costs about as much on both databases."""
    (small, large), counter = costs, databases.large.counter
    figure = f"{small.reads:,} {counter.unit} of {SMALL:,} claims, {large.reads:,} of {LARGE:,}, for {rows} wanted"
    record_property("figure", f"{figure}; {'; '.join(dict.fromkeys(large.scans))}")
    assert large.reads <= 1.5 * small.reads + MARGIN
    # A database with few claims may read them all, so the comparison alone proves too little.
    assert large.reads <= counter.each * rows + MARGIN
    # The words of PostgreSQL and SQLite for a full table scan, and MariaDB's access types for a full table or index.
    assert not [scan for scan in large.scans if scan.startswith(("Seq Scan", "SCAN", "ALL", "index "))]
