"""What every store of sessions promises."""

from __future__ import annotations

from datetime import timedelta

from domain.model import AccessToken, Account, AccountId, Email, Session
from tests.contract.store_legs import RedisLeg, StoreLeg
from tests.waiting import eventually


def account(store_leg: StoreLeg) -> Account:
    return Account(AccountId("ac_1"), Email("a@b.example", "a@b.example"), None, "hash", store_leg.now(), 7)


def test_an_open_session_is_found_by_its_token_alone(store_leg: StoreLeg) -> None:
    sessions = store_leg.sessions()
    access = sessions.open(account(store_leg))
    assert access.token.startswith("at_")
    assert sessions.find(access.token) == Session(AccountId("ac_1"), 7)
    assert sessions.find(AccessToken(access.token + "x")) is None


def test_two_sessions_have_two_tokens(store_leg: StoreLeg) -> None:
    sessions = store_leg.sessions()
    assert sessions.open(account(store_leg)).token != sessions.open(account(store_leg)).token


def test_a_session_ends_by_itself(store_leg: StoreLeg) -> None:
    ttl = timedelta(milliseconds=50)
    sessions = store_leg.sessions(ttl)
    access = sessions.open(account(store_leg))
    assert timedelta(0) <= access.expires_at - store_leg.now() + timedelta(milliseconds=1) <= ttl * 2
    if not isinstance(store_leg, RedisLeg):
        store_leg.clock.advance(ttl)
    assert eventually(lambda: sessions.find(access.token) is None)


def test_no_token_stands_in_the_store(store_leg: StoreLeg) -> None:
    if not isinstance(store_leg, RedisLeg):
        return
    access = store_leg.sessions().open(account(store_leg))
    keys = list(store_leg.admin.scan_iter(f"{store_leg.session_prefix}*"))
    values = [store_leg.admin.get(key) for key in keys]
    assert len(keys) == 1
    assert store_leg.admin.pttl(keys[0]) > 0
    assert not [text for text in keys + values if access.token[3:].encode() in text]
