"""A real Valkey that is stopped, hung, full, read-only or has forgotten its scripts."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from tests.support.real_service import ServiceOnOwnValkey
from tests.support.waiting import at_most, eventually

DEADLINE = 1.0

pytestmark = pytest.mark.backend("valkey+sqlite")


def calls_of(own_service: ServiceOnOwnValkey, quote: Started) -> list[Callable[[], object]]:
    services, key = own_service.services, (quote.quote_id, quote.token)
    return [
        own_service.start,
        lambda: services.get_quote(*key),
        lambda: services.save_details(*key, {"late": True}),
        lambda: services.merge_details(*key, {"late": True}),
        lambda: services.discard_quote(*key),
    ]


def test_a_stopped_store_is_reported_within_the_deadline(own_service: ServiceOnOwnValkey, quote: Started) -> None:
    own_service.server.kill()
    for call in calls_of(own_service, quote):
        with at_most(DEADLINE), pytest.raises(StoreUnreachable):
            call()


def test_a_hung_store_is_reported_within_the_deadline_and_used_again_once_it_is_back(
    own_service: ServiceOnOwnValkey, quote: Started
) -> None:
    process = own_service.server_process()
    os.kill(process, signal.SIGSTOP)
    for call in calls_of(own_service, quote):
        with at_most(DEADLINE), pytest.raises(StoreUnreachable):
            call()
    os.kill(process, signal.SIGCONT)
    assert eventually(lambda: is_back(own_service, quote))


def is_back(own_service: ServiceOnOwnValkey, quote: Started) -> bool:
    try:
        return own_service.services.get_quote(quote.quote_id, quote.token) is not None
    except StoreUnavailable:
        return False


def test_a_registration_is_accepted_without_the_store_and_its_quote_follows(
    own_service: ServiceOnOwnValkey, quote: Started
) -> None:
    own_service.server.kill()
    registered = own_service.register(quote, applicant())
    assert (registered.quote.status, registered.access) == (QuoteStatus.PENDING, None)
    assert own_service.claim(quote.quote_id)["state"] == "fetch_pending"
    assert len(own_service.rows("account")) == 1


def test_a_full_store_takes_no_saves_but_claims_go_on(own_service: ServiceOnOwnValkey, quote: Started) -> None:
    own_service.admin.config_set("maxmemory", "1mb")
    assert int(own_service.admin.info("memory")["used_memory"]) > 1_000_000
    key = (quote.quote_id, quote.token)
    calls: list[Callable[[], object]] = [
        own_service.start,
        lambda: own_service.services.save_details(*key, {}),
        lambda: own_service.services.merge_details(*key, {}),
    ]
    for call in calls:
        with pytest.raises(StoreFull):
            call()
    assert own_service.services.get_quote(*key).details == quote.details
    registered = own_service.register(quote, applicant())
    assert registered.quote.status is QuoteStatus.CLAIMED
    assert registered.access
    size = own_service.admin.memory_usage(next(own_service.admin.scan_iter("q:*")))
    assert size is not None
    assert size < 120


@pytest.mark.parametrize(
    ("setting", "value"), [("min-replicas-to-write", "1"), ("replicaof", "127.0.0.1 1")], ids=["NOREPLICAS", "READONLY"]
)
def test_a_store_that_takes_no_writes_refuses_saves_before_any_effect_and_claims_go_on(
    own_service: ServiceOnOwnValkey, quote: Started, setting: str, value: str
) -> None:
    if setting == "replicaof":
        own_service.admin.replicaof(*value.split())
    else:
        own_service.admin.config_set(setting, value)
    key = (quote.quote_id, quote.token)
    for call in (
        own_service.start,
        lambda: own_service.services.save_details(*key, {}),
        lambda: own_service.services.discard_quote(*key),
    ):
        with pytest.raises(StoreReadOnly):
            call()
    assert own_service.services.get_quote(*key).revision == quote.revision
    registered = own_service.register(quote, applicant())
    assert (registered.quote.status, registered.access) == (QuoteStatus.CLAIMED, None)
    assert own_service.claim(quote.quote_id)["cleanup"] == "pending"


def test_a_full_store_lets_a_draft_be_opened_again_and_discarded(
    own_service: ServiceOnOwnValkey, quote: Started
) -> None:
    own_service.admin.config_set("maxmemory", "1mb")
    own_service.sql.execute("ALTER TABLE claim RENAME TO elsewhere")
    with pytest.raises(DatabaseUnavailable):
        own_service.register(quote, applicant())
    own_service.sql.execute("ALTER TABLE elsewhere RENAME TO claim")
    own_service.services.discard_quote(quote.quote_id, quote.token)
    assert not list(own_service.admin.scan_iter("q:*"))


def test_connections_that_the_server_closed_are_replaced_without_a_word(
    own_service: ServiceOnOwnValkey, quote: Started
) -> None:
    key = (quote.quote_id, quote.token)
    calls: list[Callable[[], object]] = [
        lambda: own_service.services.get_quote(*key),
        lambda: own_service.services.save_details(*key, {"n": 1}),
        own_service.start,
    ]
    for call in calls:
        assert own_service.admin.client_kill_filter(_type="normal", skipme=True) > 0
        call()


def test_a_store_that_forgot_its_scripts_is_taught_them_again(own_service: ServiceOnOwnValkey, quote: Started) -> None:
    for _ in range(3):
        own_service.admin.script_flush()
        own_service.services.save_details(quote.quote_id, quote.token, {"n": 1})
    own_service.admin.script_flush()
    assert own_service.register(quote, applicant()).quote.status is QuoteStatus.CLAIMED


def test_a_store_that_lost_everything_after_the_commit_still_says_claimed(
    own_service: ServiceOnOwnValkey, quote: Started
) -> None:
    own_service.register(quote, applicant())
    own_service.admin.flushall()
    with pytest.raises(QuoteAlreadyClaimed) as refusal:
        own_service.services.get_quote(quote.quote_id, quote.token)
    assert refusal.value.status is QuoteStatus.CLAIMED


def test_each_key_has_a_ttl_and_shows_neither_id_nor_token_nor_password(
    own_service: ServiceOnOwnValkey, quote: Started
) -> None:
    registered = own_service.register(own_service.start(), applicant())
    keys = list(own_service.admin.scan_iter())
    assert {key[:2] for key in keys} == {b"q:", b"s:"}
    assert all(own_service.admin.pttl(key) > 0 for key in keys)
    everything = b"".join(key + own_service.admin.get(key) for key in keys)
    assert registered.access
    for secret in (quote.quote_id, quote.token, quote.token[-20:], registered.access.token[3:], "correct horse"):
        assert secret.encode() not in everything


def test_the_acl_that_the_documentation_gives_is_enough_and_forbids_the_rest(own_service: ServiceOnOwnValkey) -> None:
    documented = Path(__file__).parents[2].joinpath("docs/production.md").read_text("utf-8")
    rule = re.search(r"`(resetkeys [^`]+)`", documented)
    assert rule
    admin: Any = own_service.admin
    admin.execute_command("ACL", "SETUSER", "app", "reset", "on", ">secret", *rule[1].split())
    with own_service.connected_as("app", "secret") as services:
        own_service.admin.script_flush()
        quote = services.start_quote(None, {})
        key = (quote.quote_id, quote.token)
        services.merge_details(*key, {"a": 1})
        for probe in services.probes.values():
            probe.check()
        assert services.register_and_claim(*key, applicant()).access
        other = services.start_quote(None, {})
        services.discard_quote(other.quote_id, other.token)
    app: Any = Redis.from_url(own_service.url_as("app", "secret"))
    for command in (["KEYS", "*"], ["FLUSHALL"], ["CONFIG", "GET", "*"], ["GET", "other:key"], ["SCAN", "0"]):
        with pytest.raises(NoPermissionError):
            app.execute_command(*command)
