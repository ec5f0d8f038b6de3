"""Claims without a quote, because none can be built: kept, retried, left to an operator, and repaired."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.errors import QuoteClaimedByAnother
from domain.model import AccountId
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import applicant
from tests.support.reconciled_service import ReconciledService
from tests.support.running_service import finished

MARIA = applicant()
DAMAGED = b"\x01O damaged"
HOUR = timedelta(hours=1)


def damage(reconciled: ReconciledService, quote: Started) -> None:
    reconciled.admin.set(reconciled.key(quote), DAMAGED, keepttl=True)


def command(reconciled: ReconciledService, *words: str) -> str:
    done = finished("claims", *words, environ=reconciled.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_record_that_cannot_be_read_becomes_a_dead_letter_and_one_quote_when_it_is_repaired(
    reconciled: ReconciledService, quote: Started, tmp_path: Path
) -> None:
    other = reconciled.start()
    damage(reconciled, quote)
    registered = reconciled.register(quote, MARIA)
    assert registered.quote.status == "pending"
    assert reconciled.register(other, applicant("bob@example.com")).quote.status == "claimed"
    for attempt in range(1, 8):
        assert reconciled.reconcile(HOUR)["retried"] == 1
        assert reconciled.claim(quote.quote_id)["attempts"] == attempt
    assert reconciled.reconcile(HOUR)["dead"] == 1
    assert bytes(reconciled.claim(quote.quote_id)["payload"]) == DAMAGED
    assert command(reconciled, "list", "--ids").split() == [quote.quote_id]
    draft = tmp_path / "repaired.json"
    draft.write_text(json.dumps({"product": "motor", "details": {"repaired": True}}))
    reason = ("--reason", "the customer was asked")
    command(reconciled, "retry", quote.quote_id, "--payload", str(draft), *reason)
    command(reconciled, "retry", quote.quote_id, *reason)
    assert reconciled.reconcile(timedelta())["built"] == 1
    assert reconciled.details(quote) == {"repaired": True}
    assert reconciled.details(other) == other.details
    reconciled.reconcile_to_the_end()
    assert reconciled.sql.rows() == (2, 2, 2)
    entries = json.loads(command(reconciled, "log", quote.quote_id, "--json"))
    assert [(entry["act"], entry["before"]["state"], entry["after"]["state"]) for entry in entries] == [
        ("retry", "dead", "retry"),
        ("retry", "retry", "retry"),
    ]
    reconciled.assert_verified()


def erased(reconciled: ReconciledService, quote: Started) -> tuple[int, int, int]:
    """Erase the account; return the numbers of accounts, claims and quotes that remain."""
    claim = reconciled.services.claim_quote.commit
    [account] = reconciled.rows("account")
    assert claim.accounts.erase(AccountId(account["account_id"]), claim.clock.now())
    return 0, 1, 0


def deleted(reconciled: ReconciledService, quote: Started) -> tuple[int, int, int]:
    """Delete only the claimed quote; return the numbers of accounts, claims and quotes that remain."""
    claim = reconciled.services.claim_quote.commit
    [account] = reconciled.rows("account")
    assert claim.claims.discard(quote.quote_id, AccountId(account["account_id"]), claim.clock.now())
    return 1, 1, 0


@pytest.mark.parametrize("end", [erased, deleted])
@pytest.mark.parametrize("when", ["pending", "retry", "not cleaned up"])
def test_nothing_of_an_erased_account_or_a_deleted_quote_is_built_again_and_the_store_ends_clean(
    reconciled: ReconciledService,
    quote: Started,
    when: str,
    end: Callable[[ReconciledService, Started], tuple[int, int, int]],
) -> None:
    match when:
        case "pending":
            reconciled.register_pending(quote)
        case "retry":
            damage(reconciled, quote)
            reconciled.register(quote, MARIA)
        case _:
            with reconciled.stopped_at("before quotes.finish_claim", quote) as claimer:
                claimer.kill()
    left = end(reconciled, quote)
    reconciled.reconcile_to_the_end()
    assert reconciled.sql.rows() == left
    claim = reconciled.claim(quote.quote_id)
    stored = [claim[name] for name in ("account_id", "payload", "last_error", "cause")]
    assert (claim["state"], stored) == ("discarded", [None] * 4)
    assert reconciled.state(quote) in (b"T", b"")
    with pytest.raises(QuoteClaimedByAnother):
        reconciled.register(quote, applicant("again@example.com"))
    reconciled.assert_verified()


def test_a_claim_that_is_given_up_leaves_nothing_in_the_store(reconciled: ReconciledService, quote: Started) -> None:
    damage(reconciled, quote)
    reconciled.register(quote, MARIA)
    command(reconciled, "discard", quote.quote_id, "--reason", "a test order")
    reconciled.reconcile_to_the_end()
    assert reconciled.sql.rows() == (1, 1, 0)
    assert reconciled.state(quote) in (b"T", b"")
    reconciled.assert_verified()


@pytest.mark.parametrize(
    "details",
    [
        {"deep": json.loads("[" * 29 + "1" + "]" * 29)},
        {"long": "é" * (32 * 1024 - 10)},
        {"numbers": [2**53, -(2**53), 1.7976931348623157e308, 5e-324, -0.0]},
    ],
    ids=["nesting", "64 KiB", "numbers"],
)
def test_details_at_the_limits_are_claimed(reconciled: ReconciledService, details: dict[str, Any]) -> None:
    quote = reconciled.services.start_quote("motor", details)
    assert reconciled.register(quote, MARIA).quote.status == "claimed"
    assert reconciled.details(quote) == details
    reconciled.assert_claimed_once(quote)


def test_details_that_the_database_refuses_are_kept_and_claimed_when_it_takes_them(
    reconciled: ReconciledService, quote: Started
) -> None:
    reconciled.sql.refuse("INSERT", "quote")
    assert reconciled.register(quote, MARIA).quote.status == "pending"
    assert reconciled.reconcile() == {"retried": 1}
    claim = reconciled.claim(quote.quote_id)
    assert (claim["state"], claim["cause"], claim["attempts"]) == ("retry", "quote-refused", 1)
    reconciled.sql.allow("quote")
    assert reconciled.reconcile(HOUR) == {"built": 1}
    assert reconciled.details(quote) == quote.details
    reconciled.assert_claimed_once(quote)
