"""The harness of one history: the service on its servers, a reconciler, and the passes to the final state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from adapters.keyring import Keyring
from adapters.redis.quotes import RedisQuoteStore
from adapters.redis.scan import RedisStoreScan
from adapters.sql.outbox import SqlOutbox
from domain.model import QuoteId
from entrypoints import bootstrap
from entrypoints.operations import Operations
from entrypoints.processes.progress import StatusLine
from entrypoints.processes.reconciler import Reconciler
from entrypoints.services import Services
from entrypoints.settings.settings import Settings
from tests.contract.support.sql_backends import SqlBackend
from tests.proof.histories.checkers.final_state import FinalState, read_final_state
from tests.proof.histories.clients.client import Client, QuoteAccess
from tests.proof.histories.history import Recorder
from tests.servers.cluster import ClusterSet
from tests.servers.sentinel import SentinelSet
from tests.support.real_service import KEYRING, connected

LEASE = timedelta(seconds=2)
"""Shorter than a failover, so that leases end in it."""
_REPAIR_DELAY = "1s"
"""Short, so that the reconciler works at the same time as the clients."""
_PASSES = (timedelta(seconds=30), timedelta(minutes=1), timedelta(hours=1), timedelta(days=8))
_TIMEOUT_S = 90.0
"""Seconds for the passes, many times what they need."""
_LATE = 10_000
"""A number above those of all clients."""


@dataclass
class Harness:
    """The service under test; `admin` makes a redis-py client with all rights on all of Redis."""

    sql: SqlBackend
    services: Services
    operations: Operations
    admin: Callable[[], Any]
    record: Recorder = field(default_factory=Recorder)

    def key(self, quote_id: str) -> str:
        return self._tokens.name(self._tokens.issue(QuoteId(quote_id))[0])

    @contextmanager
    def reconciling(self) -> Iterator[None]:
        """Run a reconciler in this block."""
        reconciler = Reconciler(self.operations.reconcile, self.operations.purge, StatusLine())
        thread = threading.Thread(target=reconciler.run, name="reconciler")
        thread.start()
        try:
            yield
        finally:
            reconciler.stopped.set()
            thread.join()

    def reconcile_until_settled(self) -> None:
        """Make all passes now, each as if it were due, until every claim is settled or the time is over."""
        until = time.monotonic() + _TIMEOUT_S
        while self._is_unsettled() and time.monotonic() < until:
            for after in _PASSES:
                self._reconcile(after)

    def _is_unsettled(self) -> bool:
        return any(row["cleanup"] != "verified" or row["next_at"] is not None for row in self.sql.dicts("claim"))

    def repeat_late_operations(self) -> None:
        """Repeat for each claimed quote: a late save, its claim, and a claim by somebody else."""
        emails = {row["account_id"]: row["email_key"] for row in self.sql.dicts("account")}
        claimed = {row["quote_id"]: emails[row["account_id"]] for row in self.sql.dicts("claim")}
        client = Client("late", self.services, self.record, threading.Event())

        def repeat(quote_id: str, owner: str) -> None:
            quote = QuoteAccess(quote_id, self._tokens.issue(QuoteId(quote_id))[1])
            client.save(quote, _LATE)
            client.claim(quote, owner)
            client.claim(quote, f"not-{owner}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(repeat, claimed.keys(), claimed.values()))

    def final_state(self) -> FinalState:
        names = {one.quote_id: self.key(one.quote_id) for one in self.record.operations if one.quote_id}
        with closing(self.admin()) as admin:
            scan = RedisStoreScan(lambda: admin, self._tokens.name)
            verify = replace(self.operations.verify, scan=scan)
            return read_final_state(self.sql, admin, names, verify(lambda what, number: None))

    def close(self) -> None:
        """Close the reconciler's connections."""
        outbox, quotes = self.operations.reconcile.outbox, self.operations.retry.quotes
        assert isinstance(outbox, SqlOutbox)
        assert isinstance(quotes, RedisQuoteStore)
        outbox.transactions.database.close()
        quotes._client.close()

    def _reconcile(self, after: timedelta) -> None:
        ms = after // timedelta(milliseconds=1)
        self.sql.execute(f"UPDATE claim SET next_at = next_at - {ms}, finished_at = finished_at - {ms}")  # noqa: S608 - a number
        reconciler = Reconciler(self.operations.reconcile, self.operations.purge, StatusLine())
        reconciler.run_once()
        assert reconciler.outage is None

    @property
    def _tokens(self) -> Keyring:
        tokens = self.services.register_and_claim.tokens
        assert isinstance(tokens, Keyring)
        return tokens


@contextmanager
def running_harness(servers: SentinelSet | ClusterSet, sql: SqlBackend) -> Iterator[Harness]:
    """Run the service on these servers and that database."""
    store = {**servers.environ, "QUOTES_REPAIR_DELAY": _REPAIR_DELAY}
    environ = {"QUOTES_DATABASE_URL": sql.url, "QUOTES_SECRET_KEYS": KEYRING, **store}
    with patch.object(bootstrap, "DRAFT_LEASE", LEASE), connected(store, sql) as services:
        harness = Harness(sql, services, bootstrap.operations(Settings.from_environ(environ)), servers.client)
        try:
            yield harness
        finally:
            harness.close()
