"""A real Valkey that is stopped, hung, full, read-only or has forgotten its scripts."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from domain.claims import QuoteStatus
from domain.errors import (
    DatabaseUnavailable,
    QuoteAlreadyClaimed,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnreachable,
)
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import applicant
from tests.support.real_service import OnValkey
from tests.support.waiting import at_most, eventually

DEADLINE = 1.0

pytestmark = pytest.mark.backend("valkey+sqlite")


@pytest.fixture
def quote(real: OnValkey) -> Started:
    return real.start()


def calls_of(real: OnValkey, quote: Started) -> list[Callable[[], object]]:
    services, key = real.services, (quote.quote_id, quote.token)
    return [
        real.start,
        lambda: services.get_quote(*key),
        lambda: services.save_details(*key, {"late": True}),
        lambda: services.merge_details(*key, {"late": True}),
        lambda: services.discard_quote(*key),
    ]


def test_a_stopped_store_is_told_within_the_deadline(real: OnValkey, quote: Started) -> None:
    real.server.kill()
    for call in calls_of(real, quote):
        with at_most(DEADLINE), pytest.raises(StoreUnreachable):
            call()


def test_a_hung_store_is_told_within_the_deadline_and_is_used_again_when_it_is_back(
    real: OnValkey, quote: Started
) -> None:
    process = real.server_process()
    os.kill(process, signal.SIGSTOP)
    for call in calls_of(real, quote):
        with at_most(DEADLINE), pytest.raises(StoreUnreachable):
            call()
    os.kill(process, signal.SIGCONT)
    with at_most(5):
        assert eventually(lambda: is_back(real, quote))


def is_back(real: OnValkey, quote: Started) -> bool:
    try:
        return real.services.get_quote(quote.quote_id, quote.token) is not None
    except StoreUnavailable:
        return False


def test_a_registration_is_accepted_without_the_store_and_its_quote_follows(real: OnValkey, quote: Started) -> None:
    real.server.kill()
    registered = real.register(quote, applicant())
    assert (registered.quote.status, registered.access) == (QuoteStatus.PENDING, None)
    assert real.claim(quote.quote_id)["state"] == "fetch_pending"
    assert len(real.rows("account")) == 1


def test_a_full_store_takes_no_saves_but_claims_go_on(real: OnValkey, quote: Started) -> None:
    real.admin.config_set("maxmemory", "1mb")
    assert int(real.admin.info("memory")["used_memory"]) > 1_000_000
    key = (quote.quote_id, quote.token)
    for call in (
        real.start,
        lambda: real.services.save_details(*key, {}),
        lambda: real.services.merge_details(*key, {}),
    ):
        with pytest.raises(StoreFull):
            call()
    assert real.services.get_quote(*key).details == quote.details
    registered = real.register(quote, applicant())
    assert registered.quote.status is QuoteStatus.CLAIMED
    assert registered.access
    assert real.admin.memory_usage(next(real.admin.scan_iter("q:*"))) < 120


@pytest.mark.parametrize(
    ("setting", "value"), [("min-replicas-to-write", "1"), ("replicaof", "127.0.0.1 1")], ids=["NOREPLICAS", "READONLY"]
)
def test_a_store_that_takes_no_writes_refuses_saves_before_any_effect_and_claims_go_on(
    real: OnValkey, quote: Started, setting: str, value: str
) -> None:
    if setting == "replicaof":
        real.admin.replicaof(*value.split())
    else:
        real.admin.config_set(setting, value)
    key = (quote.quote_id, quote.token)
    for call in (real.start, lambda: real.services.save_details(*key, {}), lambda: real.services.discard_quote(*key)):
        with pytest.raises(StoreReadOnly):
            call()
    assert real.services.get_quote(*key).revision == quote.revision
    registered = real.register(quote, applicant())
    assert (registered.quote.status, registered.access) == (QuoteStatus.CLAIMED, None)
    assert real.claim(quote.quote_id)["cleanup"] == "pending"


def test_a_full_store_lets_a_draft_be_opened_again_and_discarded(real: OnValkey, quote: Started) -> None:
    real.admin.config_set("maxmemory", "1mb")
    real.sql.execute("ALTER TABLE claim RENAME TO elsewhere")
    with pytest.raises(DatabaseUnavailable):
        real.register(quote, applicant())
    real.sql.execute("ALTER TABLE elsewhere RENAME TO claim")
    real.services.discard_quote(quote.quote_id, quote.token)
    assert not list(real.admin.scan_iter("q:*"))


def test_connections_that_the_server_closed_are_replaced_without_a_word(real: OnValkey, quote: Started) -> None:
    key = (quote.quote_id, quote.token)
    for call in (lambda: real.services.get_quote(*key), lambda: real.services.save_details(*key, {"n": 1}), real.start):
        assert real.admin.client_kill_filter(_type="normal", skipme=True) > 0
        call()


def test_a_store_that_forgot_its_scripts_is_taught_them_again(real: OnValkey, quote: Started) -> None:
    for _ in range(3):
        real.admin.script_flush()
        real.services.save_details(quote.quote_id, quote.token, {"n": 1})
    real.admin.script_flush()
    assert real.register(quote, applicant()).quote.status is QuoteStatus.CLAIMED


def test_a_store_that_lost_everything_after_the_commit_still_says_claimed(real: OnValkey, quote: Started) -> None:
    real.register(quote, applicant())
    real.admin.flushall()
    with pytest.raises(QuoteAlreadyClaimed) as refusal:
        real.services.get_quote(quote.quote_id, quote.token)
    assert refusal.value.status is QuoteStatus.CLAIMED


def test_what_stands_in_the_store_has_a_ttl_and_shows_neither_id_nor_token_nor_password(
    real: OnValkey, quote: Started
) -> None:
    registered = real.register(real.start(), applicant())
    keys = list(real.admin.scan_iter())
    assert {key[:2] for key in keys} == {b"q:", b"s:"}
    assert all(real.admin.pttl(key) > 0 for key in keys)
    everything = b"".join(key + real.admin.get(key) for key in keys)
    assert registered.access
    for secret in (quote.quote_id, quote.token, quote.token[-20:], registered.access.token[3:], "correct horse"):
        assert secret.encode() not in everything


def test_the_acl_that_the_documentation_gives_is_enough_and_forbids_the_rest(real: OnValkey) -> None:
    documented = Path(__file__).parents[2].joinpath("docs/production.md").read_text("utf-8")
    rule = re.search(r"`(resetkeys [^`]+)`", documented)
    assert rule
    real.admin.execute_command("ACL", "SETUSER", "app", "reset", "on", ">secret", *rule[1].split())
    with real.connected_as("app", "secret") as services:
        real.admin.script_flush()
        quote = services.start_quote(None, {})
        key = (quote.quote_id, quote.token)
        services.merge_details(*key, {"a": 1})
        for probe in services.probes.values():
            probe.check()
        assert services.register_and_claim(*key, applicant()).access
        other = services.start_quote(None, {})
        services.discard_quote(other.quote_id, other.token)
    app = Redis.from_url(real.url_as("app", "secret"))
    for command in (["KEYS", "*"], ["FLUSHALL"], ["CONFIG", "GET", "*"], ["GET", "other:key"], ["SCAN", "0"]):
        with pytest.raises(NoPermissionError):
            app.execute_command(*command)
