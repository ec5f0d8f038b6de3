"""Claims whose quotes cannot be built: kept, tried again, left to a person, and mended into one quote."""

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
from tests.faults.mended import Mended
from tests.service import finished
from tests.world import applicant

MARIA = applicant()
DAMAGED = b"\x01O damaged"
HOUR = timedelta(hours=1)


@pytest.fixture
def quote(mended: Mended) -> Started:
    return mended.start()


def damage(mended: Mended, quote: Started) -> None:
    mended.admin.set(mended.key(quote), DAMAGED, keepttl=True)


def command(mended: Mended, *words: str) -> str:
    done = finished("claims", *words, environ=mended.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_record_that_cannot_be_read_becomes_a_dead_letter_and_one_quote_when_it_is_mended(
    mended: Mended, quote: Started, tmp_path: Path
) -> None:
    other = mended.start()
    damage(mended, quote)
    registered = mended.register(quote, MARIA)
    assert registered.quote.status == "pending"
    assert mended.register(other, applicant("bob@example.com")).quote.status == "claimed"
    for attempt in range(1, 8):
        assert mended.reconcile(HOUR)["retried"] == 1
        assert mended.claim(quote.quote_id)["attempts"] == attempt
    assert mended.reconcile(HOUR)["dead"] == 1
    assert bytes(mended.claim(quote.quote_id)["payload"]) == DAMAGED
    assert command(mended, "list", "--ids").split() == [quote.quote_id]
    draft = tmp_path / "mended.json"
    draft.write_text(json.dumps({"product": "motor", "details": {"mended": True}}))
    reason = ("--reason", "the customer was asked")
    command(mended, "retry", quote.quote_id, "--payload", str(draft), *reason)
    command(mended, "retry", quote.quote_id, *reason)
    assert mended.reconcile(timedelta())["built"] == 1
    assert mended.details(quote) == {"mended": True}
    assert mended.details(other) == other.details
    mended.reconcile_to_the_end()
    assert mended.sql.rows() == (2, 2, 2)
    acts = json.loads(command(mended, "log", quote.quote_id, "--json"))
    assert [(act["act"], act["before"]["state"], act["after"]["state"]) for act in acts] == [
        ("retry", "dead", "retry"),
        ("retry", "retry", "retry"),
    ]
    mended.assert_verified()


def erased(mended: Mended, quote: Started) -> tuple[int, int, int]:
    """The account is; so many accounts, claims and quotes are left."""
    claim = mended.services.claim_quote.commit
    [account] = mended.rows("account")
    assert claim.accounts.erase(AccountId(account["account_id"]), claim.clock.now())
    return 0, 1, 0


def deleted(mended: Mended, quote: Started) -> tuple[int, int, int]:
    """Only the claimed quote is."""
    claim = mended.services.claim_quote.commit
    [account] = mended.rows("account")
    assert claim.claims.discard(quote.quote_id, AccountId(account["account_id"]), claim.clock.now())
    return 1, 1, 0


@pytest.mark.parametrize("end", [erased, deleted])
@pytest.mark.parametrize("when", ["pending", "retry", "not cleaned up"])
def test_nothing_of_an_erased_account_or_a_deleted_quote_is_built_again_and_the_store_ends_clean(
    mended: Mended, quote: Started, when: str, end: Callable[[Mended, Started], tuple[int, int, int]]
) -> None:
    match when:
        case "pending":
            mended.register_pending(quote)
        case "retry":
            damage(mended, quote)
            mended.register(quote, MARIA)
        case _:
            with mended.stopped_at("before quotes.finish_claim", quote) as claimer:
                claimer.kill()
    left = end(mended, quote)
    mended.reconcile_to_the_end()
    assert mended.sql.rows() == left
    claim = mended.claim(quote.quote_id)
    kept = [claim[name] for name in ("account_id", "payload", "last_error", "cause")]
    assert (claim["state"], kept) == ("discarded", [None] * 4)
    assert mended.state(quote) in (b"T", b"")
    with pytest.raises(QuoteClaimedByAnother):
        mended.register(quote, applicant("again@example.com"))
    mended.assert_verified()


def test_a_claim_that_is_given_up_leaves_nothing_in_the_store(mended: Mended, quote: Started) -> None:
    damage(mended, quote)
    mended.register(quote, MARIA)
    command(mended, "discard", quote.quote_id, "--reason", "a test order")
    mended.reconcile_to_the_end()
    assert mended.sql.rows() == (1, 1, 0)
    assert mended.state(quote) in (b"T", b"")
    mended.assert_verified()


@pytest.mark.parametrize(
    "details",
    [
        {"deep": json.loads("[" * 29 + "1" + "]" * 29)},
        {"long": "é" * (32 * 1024 - 10)},
        {"numbers": [2**53, -(2**53), 1.7976931348623157e308, 5e-324, -0.0]},
    ],
    ids=["nesting", "64 KiB", "numbers"],
)
def test_details_at_the_limits_are_claimed(mended: Mended, details: dict[str, Any]) -> None:
    quote = mended.services.start_quote("motor", details)
    assert mended.register(quote, MARIA).quote.status == "claimed"
    assert mended.details(quote) == details
    mended.assert_claimed_once(quote)


def test_details_that_the_database_refuses_are_kept_and_claimed_when_it_takes_them(
    mended: Mended, quote: Started
) -> None:
    mended.sql.refuse("INSERT", "quote")
    assert mended.register(quote, MARIA).quote.status == "pending"
    assert mended.reconcile() == {"retried": 1}
    claim = mended.claim(quote.quote_id)
    assert (claim["state"], claim["cause"], claim["attempts"]) == ("retry", "quote-refused", 1)
    mended.sql.allow("quote")
    assert mended.reconcile(HOUR) == {"built": 1}
    assert mended.details(quote) == quote.details
    mended.assert_claimed_once(quote)
