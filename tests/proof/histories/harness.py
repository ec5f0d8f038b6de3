"""The service on servers of one history alone, with a reconciler beside it, and how it is brought to its end."""

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
from tests.contract.sql_legs import SqlLeg
from tests.faults.real import KEYRING, connected
from tests.proof.histories.checkers.final_state import Ending, read_ending
from tests.proof.histories.clients.client import Hand, Held
from tests.proof.histories.history import Recorder
from tests.servers.cluster import ClusterSet
from tests.servers.sentinel import SentinelSet

LEASE = timedelta(seconds=2)
"""Shorter than a failover, so that leases end in it."""
_REPAIR_DELAY = "1s"
"""So that the reconciler has work while the clients have theirs."""
_PASSES = (timedelta(seconds=30), timedelta(minutes=1), timedelta(hours=1), timedelta(days=8))
_TIMEOUT_S = 30.0
"""Seconds for which passes go on: many times what they need."""
_LATE = 10_000
"""A number that no client has come to."""


@dataclass
class Stand:
    """`admin` makes a client of redis-py's who may do everything, on the whole of Redis as it is now."""

    sql: SqlLeg
    services: Services
    operations: Operations
    admin: Callable[[], Any]
    record: Recorder = field(default_factory=Recorder)

    def key(self, quote_id: str) -> str:
        return self._tokens.name(self._tokens.issue(QuoteId(quote_id))[0])

    @contextmanager
    def reconciling(self) -> Iterator[None]:
        """A reconciler does its work while the block lasts."""
        reconciler = Reconciler(self.operations.reconcile, self.operations.purge, StatusLine())
        thread = threading.Thread(target=reconciler.run, name="reconciler")
        thread.start()
        try:
            yield
        finally:
            reconciler.stopped.set()
            thread.join()

    def reconcile_to_the_end(self) -> None:
        """All passes that are to come, as if their times were now; leases are waited for, but nothing for ever."""
        until = time.monotonic() + _TIMEOUT_S
        while self._is_unsettled() and time.monotonic() < until:
            for after in _PASSES:
                self._reconcile(after)

    def _is_unsettled(self) -> bool:
        return any(row["cleanup"] != "verified" or row["next_at"] is not None for row in self.sql.dicts("claim"))

    def ask_again(self) -> None:
        """Of every quote that was claimed: a late save, the claim again, and a claim by somebody else."""
        emails = {row["account_id"]: row["email_key"] for row in self.sql.dicts("account")}
        claimed = {row["quote_id"]: emails[row["account_id"]] for row in self.sql.dicts("claim")}
        hand = Hand("late", self.services, self.record, threading.Event())

        def ask(quote_id: str, owner: str) -> None:
            quote = Held(quote_id, self._tokens.issue(QuoteId(quote_id))[1])
            hand.save(quote, _LATE)
            hand.claim(quote, owner)
            hand.claim(quote, f"not-{owner}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, claimed.keys(), claimed.values()))

    def ending(self) -> Ending:
        names = {one.quote_id: self.key(one.quote_id) for one in self.record.operations if one.quote_id}
        with closing(self.admin()) as admin:
            scan = RedisStoreScan(lambda: admin, self._tokens.name)
            verify = replace(self.operations.verify, scan=scan)
            return read_ending(self.sql, admin, names, verify(lambda what, number: None))

    def close(self) -> None:
        """The connections of the reconciler."""
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
def standing(servers: SentinelSet | ClusterSet, sql: SqlLeg) -> Iterator[Stand]:
    """The service on these servers and that database."""
    store = {**servers.environ, "QUOTES_REPAIR_DELAY": _REPAIR_DELAY}
    environ = {"QUOTES_DATABASE_URL": sql.url, "QUOTES_SECRET_KEYS": KEYRING, **store}
    with patch.object(bootstrap, "LEASE", LEASE), connected(store, sql) as services:
        stand = Stand(sql, services, bootstrap.operations(Settings.from_environ(environ)), servers.client)
        try:
            yield stand
        finally:
            stand.close()
