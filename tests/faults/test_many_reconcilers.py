"""A thousand due claims and several reconcilers: each claim is done once."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta

import pytest

from domain.claims import NewClaim
from domain.model import Account, Email
from domain.use_cases.start_quote import Started
from tests.secrecy import watch
from tests.secrecy.ledger import Source
from tests.support.reconciled_service import CLAIM_LEASE, ReconciledService
from tests.support.running_service import PROJECT, command, finished

CLAIMS = 1000
RECONCILERS = 3

pytestmark = pytest.mark.timeout(300)


def add_pending(reconciled: ReconciledService) -> list[Started]:
    """Add due claims in the state `fetch_pending`, as registrations leave them while the store is unreachable."""
    register = reconciled.services.register_and_claim
    quotes = [reconciled.services.start_quote("motor", {"n": n}) for n in range(CLAIMS)]
    for quote in quotes:
        email = Email(f"{quote.quote_id}@example.com", f"{quote.quote_id}@example.com")
        account = Account(register.ids.account_id(), email, None, "", register.clock.now())
        ref = register.tokens.verify(quote.quote_id, quote.token)
        register.claims.add(
            NewClaim(account, register.commit.fetch.new_claim(ref, account.account_id, account.created_at), None)
        )
    reconciled.age(timedelta(seconds=30))
    return quotes


def assert_each_done_once(reconciled: ReconciledService, quotes: list[Started], built: int) -> None:
    assert built == CLAIMS
    assert reconciled.sql.rows() == (CLAIMS, CLAIMS, CLAIMS)
    assert {(claim["state"], claim["attempts"]) for claim in reconciled.rows("claim")} == {("done", 0)}
    assert {row["quote_id"] for row in reconciled.rows("quote")} == {quote.quote_id for quote in quotes}
    assert {reconciled.state(quote) for quote in quotes} == {b"T"}
    reconciled.reconcile_to_the_end()
    done = finished("claims", "verify", environ=reconciled.environ)
    assert (done.returncode, done.stdout.endswith("nothing is wrong\n")) == (0, True), done.stdout


def test_a_reconciler_stopped_past_its_lease_is_replaced_by_another(reconciled: ReconciledService) -> None:
    quotes = add_pending(reconciled)
    with reconciled.reconciler_stopped_at("after quotes.begin_claim 300") as stopped:
        first = reconciled.sql.rows()[2]
        reconciled.age(CLAIM_LEASE)
        other = finished("reconcile", "--once", "--json", environ=reconciled.environ)
        by_the_other = json.loads(other.stdout)["built"]
        by_the_stopped = stopped.go_on()
    assert (first, by_the_stopped["built"]) == (299, 299)
    assert by_the_stopped["waiting"] == 1
    assert_each_done_once(reconciled, quotes, 299 + by_the_other)


def test_many_at_once_share_the_work(reconciled: ReconciledService) -> None:
    quotes = add_pending(reconciled)
    running = [
        subprocess.Popen(
            command("reconcile", "--once", "--json"),
            cwd=PROJECT,
            env=reconciled.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(RECONCILERS)
    ]
    ends = [process.communicate(timeout=120) for process in running]
    for output, errors in ends:
        watch.keep(Source.OUTPUT, "reconcilers", output, errors)
    assert [process.returncode for process in running] == [0] * RECONCILERS, ends
    totals = [json.loads(output) for output, _ in ends]
    assert all(total.get("built", 0) > 0 for total in totals)
    assert_each_done_once(reconciled, quotes, sum(total["built"] for total in totals))
