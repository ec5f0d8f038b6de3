"""Connections to the database that break during a registration: it takes effect once, or not at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.errors import ClaimInProgress, CommitUnknown, DatabaseUnavailable
from domain.use_cases.start_quote import Started
from tests.contract.support.sql_faults import Faults
from tests.faults.support.fault_proxy import FaultProxy
from tests.faults.support.network_faults import Marker
from tests.faults.support.proxied_service import DEADLINE, ProxiedService, step
from tests.support.in_memory_service import applicant
from tests.support.waiting import at_most, eventually

COMMIT = step("COMMIT")
BEFORE_COMMIT = ["BEGIN", "INSERT INTO account", "INSERT INTO claim", "INSERT INTO quote"]
TRIES = 3
ALWAYS = 99

Break = Callable[[FaultProxy, Marker, int], None]

before_commit = pytest.mark.parametrize("name", BEFORE_COMMIT)
break_it = pytest.mark.parametrize("break_it", [FaultProxy.cut_request, FaultProxy.cut_reply], ids=["request", "reply"])


@pytest.mark.parametrize(
    "breaks",
    [[FaultProxy.cut_request], [FaultProxy.cut_reply], [FaultProxy.cut_request, FaultProxy.cut_reply]],
    ids=["request", "reply", "both"],
)
def test_a_registration_with_a_lost_or_unanswered_commit_is_done_once_and_answered(
    proxied: ProxiedService, quote: Started, breaks: list[Break]
) -> None:
    for break_it in breaks:
        break_it(proxied.to_sql, COMMIT, 1)
    with at_most(DEADLINE):
        registered = proxied.register(quote, applicant())
    assert proxied.to_sql.struck == len(breaks)
    assert not registered.replayed
    proxied.assert_claimed_once(quote, registered)


def test_commits_that_never_arrive_are_reported_as_unknown_and_a_repeat_succeeds(
    proxied: ProxiedService, quote: Started
) -> None:
    proxied.to_sql.cut_request(COMMIT, ALWAYS)
    with at_most(DEADLINE), pytest.raises(CommitUnknown):
        proxied.register(quote, applicant())
    assert proxied.to_sql.struck == TRIES
    proxied.assert_nothing_is_open()
    assert proxied.sql.rows() == (0, 0, 0)
    assert proxied.state(quote) == b"C"  # it is not yet known whether the draft may be opened
    proxied.to_sql.heal()
    registered = proxied.register_until_done(quote, applicant())
    proxied.assert_claimed_once(quote, registered)


def test_a_registration_that_was_told_as_unknown_and_was_done_is_replayed(
    proxied: ProxiedService, quote: Started
) -> None:
    proxied.to_sql.cut_reply(COMMIT)
    proxied.to_sql.cut_request(lambda _: proxied.to_sql.struck > 0, ALWAYS)
    with at_most(DEADLINE), pytest.raises(CommitUnknown):
        proxied.register(quote, applicant())
    assert proxied.to_sql.struck > 1
    assert proxied.sql.rows() == (1, 1, 1)
    assert proxied.state(quote) == b"C"
    proxied.to_sql.heal()
    registered = proxied.register_until_done(quote, applicant())
    assert registered.replayed
    proxied.assert_claimed_once(quote, registered)


@before_commit
@break_it
def test_a_connection_that_breaks_before_commit_is_replaced_and_all_is_done_again(
    proxied: ProxiedService, quote: Started, name: str, break_it: Break
) -> None:
    break_it(proxied.to_sql, step(name), 1)
    with at_most(DEADLINE):
        registered = proxied.register(quote, applicant())
    assert proxied.to_sql.struck == 1
    assert not registered.replayed
    proxied.assert_claimed_once(quote, registered)


@before_commit
@break_it
def test_connections_that_always_break_before_commit_leave_nothing_and_the_quote_open(
    proxied: ProxiedService, quote: Started, name: str, break_it: Break
) -> None:
    break_it(proxied.to_sql, step(name), ALWAYS)
    with at_most(DEADLINE), pytest.raises(DatabaseUnavailable) as refusal:
        proxied.register(quote, applicant())
    assert type(refusal.value) is DatabaseUnavailable  # and not CommitUnknown: nothing was committed
    assert proxied.to_sql.struck == TRIES
    proxied.assert_nothing_is_open()
    assert proxied.sql.rows() == (0, 0, 0)
    assert proxied.state(quote) == b"O"
    proxied.to_sql.heal()
    proxied.assert_claimed_once(quote, proxied.register(quote, applicant()))


@pytest.mark.parametrize("name", [*BEFORE_COMMIT, "COMMIT"])
def test_a_connection_that_is_reset_between_two_statements_is_replaced(
    proxied: ProxiedService, quote: Started, name: str
) -> None:
    faults = Faults(proxied.pool)

    def reset_once(seen: str) -> None:
        if seen.startswith(name) and faults.count(name) == 1:
            proxied.to_sql.reset()

    faults.watch = reset_once
    with at_most(DEADLINE):
        registered = proxied.register(quote, applicant())
    assert faults.count(name) == 2
    assert not registered.replayed
    proxied.assert_claimed_once(quote, registered)


def test_a_save_that_came_late_is_taken_over_once_though_that_commit_is_not_answered(
    proxied: ProxiedService, quote: Started
) -> None:
    faults = Faults(proxied.pool)

    def save_late(seen: str) -> None:
        match seen, faults.count("COMMIT"):
            case "COMMIT", 1:
                eventually(lambda: was_saved(proxied, quote))  # once the draft lease has ended
            case "COMMIT", 2:
                proxied.to_sql.cut_reply(COMMIT)

    faults.watch = save_late
    registered = proxied.register(quote, applicant())
    assert proxied.to_sql.struck == 1
    proxied.assert_claimed_once(quote, registered)
    claimed = proxied.services.register_and_claim.claims.quote(quote.quote_id)
    assert claimed
    assert claimed.details == {"late": True}
    assert claimed.source_revision == proxied.claim(quote.quote_id)["source_revision"] > quote.revision


def was_saved(proxied: ProxiedService, quote: Started) -> bool:
    try:
        proxied.services.save_details(quote.quote_id, quote.token, {"late": True})
    except ClaimInProgress:
        return False
    return True
