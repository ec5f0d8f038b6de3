"""A connection to the database that is half-open, slow or cut: the answers to registrations meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from domain.errors import CommitUnknown, DatabaseUnavailable
from domain.model import Applicant
from domain.use_cases.register_and_claim import Registered
from domain.use_cases.start_quote import Started
from tests.contract.support.sql_faults import Faults, busy_connections
from tests.faults.support.network_faults import Way
from tests.faults.support.proxied_service import DEADLINE, ProxiedService, step
from tests.support.in_memory_service import applicant
from tests.support.waiting import Stopwatch, at_most, eventually

CUSTOMERS = 20
OUTAGES = 3


def test_a_registration_whose_commit_is_swallowed_is_answered_and_the_same_again_succeeds_within_15_s(
    proxied: ProxiedService, quote: Started
) -> None:
    proxied.to_sql.swallow_request(step("COMMIT"))
    with at_most(15):
        with at_most(DEADLINE), pytest.raises(CommitUnknown):
            proxied.register(quote, applicant())
        assert proxied.to_sql.struck == 1
        assert proxied.state(quote) == b"C"
        assert not proxied.sql.has_no_transaction()  # the server still waits for the client
        registered = proxied.register_until_done(quote, applicant())
    proxied.assert_claimed_once(quote, registered)


def test_a_database_that_answers_a_second_late_is_waited_for(proxied: ProxiedService, quote: Started) -> None:
    proxied.register(proxied.start(), applicant("first@example.com"))
    watch = Stopwatch()
    proxied.to_sql.latency(1, Way.REPLIES)
    registered = proxied.register(quote, applicant())
    assert watch.elapsed >= 5  # five statements
    assert watch.seconds < DEADLINE
    assert not registered.replayed
    assert proxied.sql.rows() == (2, 2, 2)
    assert proxied.state(quote) == b"T"


@pytest.mark.parametrize("since", ["CONNECT", "BEGIN", "INSERT INTO account", "INSERT INTO quote"])
def test_an_unreachable_database_is_reported_and_the_quote_stays_open_with_its_full_ttl(
    proxied: ProxiedService, quote: Started, since: str
) -> None:
    proxied.admin.pexpire(proxied.name(quote), 60_000)
    faults = Faults(proxied.pool)
    faults.watch = lambda seen: proxied.to_sql.down() if seen.startswith(since) else None
    with at_most(DEADLINE), pytest.raises(DatabaseUnavailable) as refusal:
        proxied.register(quote, applicant())
    assert type(refusal.value) is DatabaseUnavailable
    assert faults.count(since) >= 1
    proxied.assert_nothing_is_open()
    assert proxied.sql.rows() == (0, 0, 0)
    assert proxied.state(quote) == b"O"
    still_open = proxied.services.get_quote(quote.quote_id, quote.token)
    assert still_open.expires_at > datetime.now(UTC) + timedelta(hours=23)
    faults.watch = lambda seen: None
    proxied.to_sql.up()
    with at_most(DEADLINE):
        registered = proxied.register(quote, applicant())
    proxied.assert_claimed_once(quote, registered)


class Customers:
    """Customers that register one quote after the other, and repeat each refused request until it succeeds."""

    def __init__(self, proxied: ProxiedService) -> None:
        self.proxied = proxied
        self.done: dict[str, Registered] = {}
        self.refused: list[str] = []
        self.stopped = threading.Event()

    def run(self, number: int) -> None:
        while not self.stopped.is_set():
            quote = self.proxied.start()
            who = applicant(f"c{number}x{quote.revision}@example.com")
            registered = eventually(partial(self._register, quote, who), 90)
            assert registered
            self.done[quote.quote_id] = registered

    def _register(self, quote: Started, who: Applicant) -> Registered | None:
        registered = self.proxied.register_once_more(quote, who)
        if registered is None:
            self.refused.append(quote.quote_id)
        return registered

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Run all customers in the block, and wait after it until each registration has succeeded."""
        with ThreadPoolExecutor(CUSTOMERS) as threads:
            runs = [threads.submit(self.run, number) for number in range(CUSTOMERS)]
            try:
                yield
            finally:
                self.stopped.set()
            for run in runs:
                run.result()


def grows(items: Sized, by: int) -> None:
    enough = len(items) + by
    eventually(lambda: len(items) >= enough, 90)


def test_each_repeated_registration_is_made_once_while_the_database_connection_keeps_breaking(
    proxied: ProxiedService,
) -> None:
    customers = Customers(proxied)
    with customers.busy():
        for _ in range(OUTAGES):
            grows(customers.done, CUSTOMERS)
            proxied.to_sql.down()
            grows(customers.refused, CUSTOMERS)
            proxied.to_sql.up()
    assert proxied.sql.rows() == (len(customers.done),) * 3
    assert {row["quote_id"]: row["account_id"] for row in proxied.rows("claim")} == {
        quote_id: registered.account.account_id for quote_id, registered in customers.done.items()
    }
    proxied.assert_nothing_is_open()
    assert busy_connections(proxied.pool) == 0
    with at_most(DEADLINE):
        proxied.register(proxied.start(), applicant())
