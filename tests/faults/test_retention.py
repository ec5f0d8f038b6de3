"""A dead letter keeps its payload for QUOTES_DEAD_LETTER_RETENTION; then the reconciler purges it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.errors import DraftPurged, StoreUnavailable
from domain.model import AccessToken
from domain.repairing.audit import Operator
from domain.use_cases.start_quote import Started
from entrypoints.cli.claim_changes import sentence_of
from entrypoints.processes.progress import StatusLine
from entrypoints.processes.reconciler import Reconciler
from tests.support.in_memory_service import applicant
from tests.support.reconciled_service import ReconciledService
from tests.support.running_service import finished
from tests.support.stored_bytes import found, rows_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DRAFT = "Rhabarberkuchen"


@pytest.fixture
def settings() -> dict[str, str]:
    return {"QUOTES_DEAD_LETTER_RETENTION": "3d", "QUOTES_TTL": "24h"}


@pytest.fixture
def reconciled(reconciled_with_settings: ReconciledService) -> ReconciledService:
    return reconciled_with_settings


@pytest.fixture
def dead(reconciled: ReconciledService) -> Iterator[Started]:
    """The quote of a claim that has just become a dead letter, with its payload."""
    quote = reconciled.services.start_quote("motor", {"cake": DRAFT})
    reconciled.sql.refuse("INSERT", "quote")
    reconciled.register(quote, applicant())
    for _ in range(8):
        reconciled.reconcile(HOUR)
    assert reconciled.claim(quote.quote_id)["state"] == "dead"
    yield quote
    reconciled.assert_verified()


def session(reconciled: ReconciledService) -> AccessToken:
    return reconciled.services.log_in(applicant().email, applicant().password).access.token


def test_the_payload_is_kept_for_the_retention_and_then_a_failed_claim_remains(
    reconciled: ReconciledService, dead: Started
) -> None:
    reconciled.reconcile(25 * HOUR)  # the last clean-up pass
    assert reconciled.claim(dead.quote_id)["next_at"] is None
    assert reconciled.reconcile(DAY) == {}
    assert bytes(reconciled.claim(dead.quote_id)["payload"]).endswith(b'{"cake":"%s"}' % DRAFT.encode())
    assert reconciled.services.get_account_quote(session(reconciled), dead.quote_id).cause == "needs-repair"

    reconciled.age(DAY)
    done = finished("reconcile", "--once", environ=reconciled.environ)

    assert (done.returncode, done.stdout) == (0, "1 purged\n")
    claim = reconciled.claim(dead.quote_id)
    stored = [claim[name] for name in ("state", "cause", "payload", "last_error", "next_at")]
    assert stored == ["dead", "purged", None, None, None]
    assert found([DRAFT], rows_of(reconciled.sql)) == set()
    shown = reconciled.services.get_account_quote(session(reconciled), dead.quote_id)
    assert (shown.status, shown.cause, shown.details) == ("failed", "expired", None)
    assert reconciled.reconcile(90 * DAY) == {}


def test_while_passes_are_due_it_is_kept_however_long_that_takes(reconciled: ReconciledService, dead: Started) -> None:
    reconciled.stop_store()
    reconciled.age(90 * DAY)
    reconciler = Reconciler(reconciled.operations.reconcile, reconciled.operations.purge, StatusLine())
    reconciler.run_once()
    assert isinstance(reconciler.outage, StoreUnavailable)
    assert reconciled.claim(dead.quote_id)["payload"]
    reconciled.start_store()


def test_a_visitor_that_repeats_in_time_keeps_the_draft_and_gets_the_quote(
    reconciled: ReconciledService, dead: Started
) -> None:
    reconciled.reconcile(2 * DAY)
    reconciled.sql.allow("quote")
    reconciled.operations.retry(dead.quote_id, Operator("carol", None))
    assert reconciled.reconcile(2 * DAY) == {"built": 1}
    assert reconciled.details(dead) == {"cake": DRAFT}


def test_operators_see_that_it_was_purged_and_that_there_is_nothing_to_try_again(
    reconciled: ReconciledService, dead: Started
) -> None:
    reconciled.reconcile(25 * HOUR)
    assert reconciled.reconcile(3 * DAY) == {"purged": 1}
    done = finished("claims", "list", "--cause", "purged", "--json", environ=reconciled.environ)
    assert done.returncode == 0, done.stderr
    [shown] = json.loads(done.stdout)
    known = [shown[name] for name in ("quote_id", "state", "last_error", "payload_bytes", "payload_sha256")]
    assert known == [dead.quote_id, "dead", None, None, None]
    again = finished("claims", "retry", dead.quote_id, "--as", "carol", environ=reconciled.environ)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"quotes: {sentence_of(DraftPurged(dead.quote_id))}\n"
