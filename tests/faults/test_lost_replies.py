"""Replies of the store that get lost: the call is repeated, with the same effect as if the reply had arrived."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.redis.scripts import script
from domain.errors import EmailTaken, QuoteExpired
from domain.model import Revision
from domain.use_cases.start_quote import Started
from tests.faults.support.proxied_service import DEADLINE, ProxiedService
from tests.support.in_memory_service import applicant
from tests.support.waiting import at_most

STORE_DEADLINE = 1.0
SCRIPTS = ["create", "get", "save", "discard", "begin", "abort", "finish", "session_open"]

Cut = Callable[..., None]

with_or_without_if_match = pytest.mark.parametrize("is_expected", [False, True], ids=["", "if-match"])


@pytest.fixture(params=["by its hash", "by its text"])
def cut_reply(request: pytest.FixtureRequest, proxied: ProxiedService, quote: Started) -> Cut:
    """A function that loses the reply to a script: to EVALSHA if the server has the script, else to EVAL."""
    proxied.admin.script_flush()
    if request.param == "by its text":
        return lambda name, times=1: proxied.to_store.cut_reply(script(name).text[-200:].encode(), times)
    for name in SCRIPTS:
        proxied.admin.script_load(script(name).text)
    return lambda name, times=1: proxied.to_store.cut_reply(script(name).sha.encode(), times)


def expected(quote: Started, *, is_expected: bool) -> Revision | None:
    return quote.revision if is_expected else None


def writes(proxied: ProxiedService) -> int:
    """Return the number of records that the store's server has written so far."""
    commands = proxied.admin.info("commandstats")
    assert isinstance(commands, dict)
    return int(commands["cmdstat_set"]["calls"])


def test_a_quote_whose_start_was_not_answered_is_started_once(proxied: ProxiedService, cut_reply: Cut) -> None:
    written = writes(proxied)
    cut_reply("create")
    with at_most(STORE_DEADLINE):
        quote = proxied.start()
    assert proxied.to_store.struck == 1
    assert writes(proxied) == written + 1
    stored = proxied.services.get_quote(quote.quote_id, quote.token)
    assert (stored.revision, stored.expires_at) == (quote.revision, quote.expires_at)


@with_or_without_if_match
@pytest.mark.parametrize("call", ["save_details", "merge_details"])
def test_a_save_that_was_not_answered_is_done_once_and_conflicts_with_nothing(
    proxied: ProxiedService, quote: Started, cut_reply: Cut, call: str, is_expected: bool
) -> None:
    save = getattr(proxied.services, call)
    written = writes(proxied)
    cut_reply("save")
    with at_most(STORE_DEADLINE):
        saved = save(quote.quote_id, quote.token, {"n": 1}, expected(quote, is_expected=is_expected))
    assert proxied.to_store.struck == 1
    assert writes(proxied) == written + 1
    stored = proxied.services.get_quote(quote.quote_id, quote.token)
    assert (stored.revision, stored.expires_at) == (saved.revision, saved.expires_at)
    assert stored.details["n"] == 1
    assert save(quote.quote_id, quote.token, {"n": 2}, saved.revision).revision > saved.revision


@with_or_without_if_match
def test_a_discard_that_was_not_answered_is_a_success(
    proxied: ProxiedService, quote: Started, cut_reply: Cut, is_expected: bool
) -> None:
    cut_reply("discard")
    with at_most(STORE_DEADLINE):
        proxied.services.discard_quote(quote.quote_id, quote.token, expected(quote, is_expected=is_expected))
    assert proxied.to_store.struck == 1
    with pytest.raises(QuoteExpired):
        proxied.services.get_quote(quote.quote_id, quote.token)


@with_or_without_if_match
@pytest.mark.parametrize(("name", "times"), [("begin", 1), ("finish", 1), ("finish", 2), ("session_open", 1)])
def test_a_registration_succeeds_though_the_store_s_reply_is_lost(
    proxied: ProxiedService, quote: Started, cut_reply: Cut, name: str, times: int, is_expected: bool
) -> None:
    cut_reply(name, times)
    services = proxied.services
    with at_most(DEADLINE):
        registered = services.register_and_claim(
            quote.quote_id, quote.token, applicant(), expected(quote, is_expected=is_expected)
        )
    assert proxied.to_store.struck == times
    assert not registered.replayed
    assert registered.access
    proxied.assert_claimed_once(quote, registered)


@pytest.mark.parametrize("times", [1, 2])
def test_a_quote_whose_email_is_taken_is_open_though_that_reply_is_lost(
    proxied: ProxiedService, quote: Started, cut_reply: Cut, times: int
) -> None:
    proxied.register(proxied.start(), applicant())
    cut_reply("abort", times)
    with at_most(DEADLINE), pytest.raises(EmailTaken):
        proxied.register(quote, applicant())
    assert proxied.to_store.struck == times
    assert proxied.state(quote) == b"O"
    assert proxied.sql.rows() == (1, 1, 1)
    proxied.register(quote, applicant("another@example.com"))
    assert proxied.sql.rows() == (2, 2, 2)
    assert proxied.state(quote) == b"T"
