"""The service on a Valkey of one test alone and on each database, with a reconciler beside it, as a pytest plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.redis.quotes import RedisQuoteStore
from adapters.sql.outbox import SqlOutbox
from domain.claims import QuoteStatus
from domain.model import Applicant
from domain.use_cases.start_quote import Started
from entrypoints import bootstrap
from entrypoints.operations import Operations
from entrypoints.processes.progress import StatusLine
from entrypoints.processes.reconciler import Reconciler
from entrypoints.settings.settings import Settings
from tests.contract.support.database_fixtures import empty_database
from tests.faults.support.stepper import Stepper, stopped_at
from tests.servers.valkey import running_valkey
from tests.support import backends
from tests.support.in_memory_service import applicant
from tests.support.real_service import KEYRING, ServiceOnOwnValkey, connected
from tests.support.running_service import environment
from tests.support.waiting import eventually

LEASE = timedelta(seconds=1)
"""The draft lease, short so that tests can wait for its end."""
LOOK = timedelta(seconds=30)
CLAIM_LEASE = timedelta(minutes=1)


@dataclass
class ReconciledService(ServiceOnOwnValkey):
    """
    The service, with a reconciler beside it.

    Time passes for the reconciler when a test makes the rows of the database older.
    """

    environ: dict[str, str]
    operations: Operations
    """The operations of `quotes reconcile` and `quotes claims`, in this process, with connections of their own."""

    def key(self, quote: Started) -> str:
        tokens: Any = self.services.register_and_claim.tokens
        return str(tokens.name(tokens.verify(quote.quote_id, quote.token)))

    def state(self, quote: Started) -> bytes:
        """Return `O` for open, `C` for being claimed, `T` for a tombstone, or nothing if nothing is stored."""
        value: Any = self.admin.get(self.key(quote))
        return bytes(value or b"")[1:2]

    def save(self, quote: Started, **details: Any) -> None:
        self.services.save_details(quote.quote_id, quote.token, details)

    def details(self, quote: Started) -> dict[str, Any]:
        """Return the details of the claimed quote."""
        claimed = self.services.register_and_claim.claims.quote(quote.quote_id)
        assert claimed, f"{quote.quote_id} has no quote"
        return claimed.details

    def register_pending(self, quote: Started, who: Applicant | None = None) -> None:
        """Register while the store is stopped, and start the store again with its data."""
        self.stop_store()
        assert self.register(quote, who or applicant()).quote.status is QuoteStatus.PENDING
        self.start_store()

    def stop_store(self) -> None:
        self.server.stop()

    def start_store(self) -> None:
        self.server.start()
        eventually(self.server.ready)

    def stopped_at(
        self, step: str, quote: Started, who: str = "maria@example.com", lease: timedelta = LEASE
    ) -> AbstractContextManager[Stepper]:
        """Run a claimer in a process of its own that stops at this step."""
        names = {"quote_id": quote.quote_id, "token": quote.token, "email": who}
        return stopped_at(step, "register", self.environ, lease, **names)

    def reconciler_stopped_at(self, step: str) -> AbstractContextManager[Stepper]:
        return stopped_at(step, "reconcile", self.environ, LEASE)

    def age(self, by: timedelta) -> None:
        """Make each claim older by that duration."""
        ms = by // timedelta(milliseconds=1)
        self.sql.execute(f"UPDATE claim SET next_at = next_at - {ms}, finished_at = finished_at - {ms}")  # noqa: S608 - a number

    def reconcile(self, after: timedelta = LOOK) -> dict[str, int]:
        """Run the reconciler after that duration, and count its outcomes."""
        self.age(after)
        reconciler = Reconciler(self.operations.reconcile, self.operations.purge, StatusLine())
        reconciler.run_once()
        assert reconciler.outage is None
        return {outcome.value: number for outcome, number in reconciler.total.items()}

    def reconcile_to_the_end(self) -> None:
        """Run all passes that are still due."""
        for after in (LOOK, timedelta(minutes=1), timedelta(hours=1), timedelta(days=8)):
            self.reconcile(after)

    def assert_verified(self) -> None:
        """Check that `quotes claims verify` finds nothing."""
        assert list(self.operations.verify(lambda what, number: None)) == []

    def assert_claimed_once(self, quote: Started) -> None:
        """Run all passes, and check that one account, claim and quote remain, no draft, and no finding."""
        self.reconcile_to_the_end()
        assert self.sql.rows() == (1, 1, 1)
        claim = self.claim(quote.quote_id)
        assert (claim["state"], claim["cleanup"], claim["next_at"]) == ("done", "verified", None)
        assert self.state(quote) in (b"T", b"")
        self.assert_verified()


@pytest.fixture(params=[f"valkey+{database}" for database in backends.SQL])
def reconciled(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ReconciledService]:
    with _reconciled(request, tmp_path, monkeypatch, {}) as found:
        yield found


@pytest.fixture(params=["valkey+postgresql"])
def reconciled_with_settings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> Iterator[ReconciledService]:
    """The service and its reconciler, with settings of the test's own."""
    with _reconciled(request, tmp_path, monkeypatch, settings) as found:
        yield found


@contextmanager
def _reconciled(
    request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> Iterator[ReconciledService]:
    monkeypatch.setattr(bootstrap, "DRAFT_LEASE", LEASE)
    database = request.param.partition("+")[2]
    with (
        running_valkey(folder / "data") as server,
        empty_database(database, request, folder) as sql,
        connected({"QUOTES_REDIS_URL": server.url, **settings}, sql) as services,
    ):
        given = {"QUOTES_REDIS_URL": server.url, "QUOTES_DATABASE_URL": sql.url, "QUOTES_SECRET_KEYS": KEYRING}
        operations = bootstrap.operations(Settings.from_environ(given | settings))
        try:
            yield ReconciledService(
                sql, services, server, environment(folder / "data", **given, **settings), operations
            )
        finally:
            assert isinstance(operations.reconcile.outbox, SqlOutbox)
            operations.reconcile.outbox.transactions.database.close()
            assert isinstance(operations.retry.quotes, RedisQuoteStore)
            operations.retry.quotes._client.close()
