"""A draft that nobody mends is kept for QUOTES_DEAD_LETTER_RETENTION, and then deleted by the reconciler's process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.errors import DraftPurged, StoreUnavailable
from domain.model import AccessToken
from domain.repairing.audit import Mandate
from domain.use_cases.start_quote import Started
from entrypoints.processes.progress import StatusLine
from entrypoints.processes.reconciler import Reconciler
from tests.faults.mended import Mended
from tests.faults.remains import found, rows_of
from tests.service import finished
from tests.world import applicant

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DRAFT = "Rhabarberkuchen"


@pytest.fixture
def settings() -> dict[str, str]:
    return {"QUOTES_DEAD_LETTER_RETENTION": "3d", "QUOTES_TTL": "24h"}


@pytest.fixture
def mended(mended_with_settings: Mended) -> Mended:
    return mended_with_settings


@pytest.fixture
def dead(mended: Mended) -> Iterator[Started]:
    """The quote of a claim that has just died, with its draft."""
    quote = mended.services.start_quote("motor", {"cake": DRAFT})
    mended.sql.refuse("INSERT", "quote")
    mended.register(quote, applicant())
    for _ in range(8):
        mended.reconcile(HOUR)
    assert mended.claim(quote.quote_id)["state"] == "dead"
    yield quote
    mended.assert_verified()


def session(mended: Mended) -> AccessToken:
    return mended.services.log_in(applicant().email, applicant().password).access.token


def test_it_is_kept_until_then_and_what_is_left_is_a_claim_that_has_failed(mended: Mended, dead: Started) -> None:
    mended.reconcile(25 * HOUR)  # the last pass over the store
    assert mended.claim(dead.quote_id)["next_at"] is None
    assert mended.reconcile(DAY) == {}
    assert bytes(mended.claim(dead.quote_id)["payload"]).endswith(b'{"cake":"%s"}' % DRAFT.encode())
    assert mended.services.get_account_quote(session(mended), dead.quote_id).reason == "needs-repair"

    mended.age(DAY)
    done = finished("reconcile", "--once", environ=mended.environ)

    assert (done.returncode, done.stdout) == (0, "1 purged\n")
    claim = mended.claim(dead.quote_id)
    kept = [claim[name] for name in ("state", "cause", "payload", "last_error", "next_at")]
    assert kept == ["dead", "purged", None, None, None]
    assert found([DRAFT], rows_of(mended.sql)) == set()
    shown = mended.services.get_account_quote(session(mended), dead.quote_id)
    assert (shown.status, shown.reason, shown.details) == ("failed", "expired", None)
    assert mended.reconcile(90 * DAY) == {}


def test_while_passes_are_due_it_is_kept_however_long_that_takes(mended: Mended, dead: Started) -> None:
    mended.stop_store()
    mended.age(90 * DAY)
    reconciler = Reconciler(mended.operations.reconcile, mended.operations.purge, StatusLine())
    reconciler.run_once()
    assert isinstance(reconciler.outage, StoreUnavailable)
    assert mended.claim(dead.quote_id)["payload"]
    mended.start_store()


def test_a_person_who_tries_again_in_time_keeps_it_and_gets_the_quote(mended: Mended, dead: Started) -> None:
    mended.reconcile(2 * DAY)
    mended.sql.allow("quote")
    mended.operations.retry(dead.quote_id, Mandate("carol", None))
    assert mended.reconcile(2 * DAY) == {"built": 1}
    assert mended.details(dead) == {"cake": DRAFT}


def test_operators_see_that_it_was_purged_and_that_there_is_nothing_to_try_again(mended: Mended, dead: Started) -> None:
    mended.reconcile(25 * HOUR)
    assert mended.reconcile(3 * DAY) == {"purged": 1}
    done = finished("claims", "list", "--cause", "purged", "--json", environ=mended.environ)
    assert done.returncode == 0, done.stderr
    [shown] = json.loads(done.stdout)
    known = [shown[name] for name in ("quote_id", "state", "last_error", "payload_bytes", "payload_sha256")]
    assert known == [dead.quote_id, "dead", None, None, None]
    again = finished("claims", "retry", dead.quote_id, "--as", "carol", environ=mended.environ)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"quotes: {DraftPurged(dead.quote_id)}\n"
