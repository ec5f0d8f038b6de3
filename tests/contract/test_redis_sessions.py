"""The bytes of sessions in a store; repeated and concurrent operations, and damaged bytes."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

import pytest

from adapters.redis.client import Client
from adapters.redis.sessions import RedisSessions
from domain.errors import StoreFull
from domain.model import Access, AccessToken, AccountId, SaveId, Session, instant, milliseconds
from domain.ports import MOST_SESSIONS
from tests.contract.support.builders import an_account_named
from tests.contract.support.races import RACERS, race
from tests.contract.support.store_backends import CORRUPT, RedisBackend, ref_at
from tests.contract.test_sessions import SHORT, wait_for_end

ADA = an_account_named("ac_1", 7)
HEAD = b"\x01\x04ac_1"


class Repeating:
    """A client that loses each reply once, so that it repeats every command."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        command = getattr(self._client, name)

        def twice(*args: Any) -> Any:
            command(*args)
            return command(*args)

        return twice


def the_key(backend: RedisBackend) -> str:
    (key,) = backend.session_keys()
    return key.decode()


def stored(backend: RedisBackend) -> bytes:
    value = backend.admin.get(the_key(backend))
    assert isinstance(value, bytes)
    return value


def key_end(backend: RedisBackend) -> datetime:
    end = backend.admin.pexpiretime(the_key(backend))
    assert end > 0, "a key without a TTL"
    return instant(end)


def entry(access: Access) -> bytes:
    ends = milliseconds(access.expires_at).to_bytes(6, "big")
    return sha256(access.token.encode()).digest() + b"\0\0\0\x07" + ends


def test_the_bytes_of_two_sessions(redis_backend: RedisBackend) -> None:
    first, second = [redis_backend.sessions().open(ADA) for _ in range(2)]

    assert f"{redis_backend.session_prefix}y0FmuQ6LAtqbG2M5MhcvAw" == the_key(redis_backend)
    assert HEAD + entry(first) + entry(second) == stored(redis_backend)

    redis_backend.sessions().close(first.token)
    assert HEAD + entry(second) == stored(redis_backend)


def test_nothing_of_the_secret_in_a_token_stands_in_the_store(redis_backend: RedisBackend) -> None:
    token = redis_backend.sessions().open(ADA).token
    secret = urlsafe_b64decode(token[3:])[16:]

    assert len(secret) == 32
    everything = the_key(redis_backend).encode() + stored(redis_backend)
    windows = [secret[start : start + 8] for start in range(25)] + [token[-32:].encode(), secret.hex().encode()]
    assert [window for window in windows if window in everything] == []


def test_a_text_without_the_form_of_a_token_is_answered_without_the_store() -> None:
    offline = RedisSessions(cast("Client", object()), timedelta(days=1))
    token = "at_" + "a" * 64
    with pytest.raises(AttributeError):
        offline.find(AccessToken(token))

    for other in ("", token[:-1], token + "a", token + "\n", "qk" + token[2:], token[:-1] + "+", token[:-1] + "é"):
        assert offline.find(AccessToken(other)) is None
        assert offline.close(AccessToken(other)) is False


def test_two_accounts_have_two_keys(redis_backend: RedisBackend) -> None:
    for account_id in ("ac_1", "ac_2", "ac_1"):
        redis_backend.sessions().open(an_account_named(account_id))

    assert len(redis_backend.session_keys()) == 2


def test_the_key_ends_with_the_last_of_its_sessions(redis_backend: RedisBackend) -> None:
    days = [redis_backend.sessions(timedelta(days=days)).open(ADA) for days in (2, 4, 3, 1)]
    assert days[1].expires_at == key_end(redis_backend)

    for closed, last in ((3, 1), (1, 2), (0, 2)):
        redis_backend.sessions().close(days[closed].token)
        assert days[last].expires_at == key_end(redis_backend)
    redis_backend.sessions().close(days[2].token)
    assert redis_backend.session_keys() == []


def test_a_session_of_new_credentials_shortens_the_life_of_the_key(redis_backend: RedisBackend) -> None:
    redis_backend.sessions(timedelta(days=2)).open(an_account_named("ac_1", 6))
    newer = redis_backend.sessions().open(ADA)

    assert newer.expires_at == key_end(redis_backend)


def test_sessions_that_have_ended_are_deleted_by_the_next_that_opens(redis_backend: RedisBackend) -> None:
    longer = redis_backend.sessions().open(ADA)
    wait_for_end(redis_backend, redis_backend.sessions(SHORT).open(ADA).token)
    another = redis_backend.sessions().open(ADA)

    assert HEAD + entry(longer) + entry(another) == stored(redis_backend)


def test_looking_writes_nothing(redis_backend: RedisBackend) -> None:
    sessions = redis_backend.sessions()
    token = sessions.open(ADA).token
    before = redis_backend.everything()
    sessions.find(token)
    sessions.count(ADA)

    assert before == redis_backend.everything()


def test_closing_all_leaves_no_key(redis_backend: RedisBackend) -> None:
    for _ in range(2):
        redis_backend.sessions().open(ADA)
    redis_backend.sessions().close_all(ADA.account_id)

    assert redis_backend.session_keys() == []


def test_a_session_whose_opening_was_repeated_is_opened_once(redis_backend: RedisBackend) -> None:
    repeating = RedisSessions(Repeating(redis_backend.client), timedelta(days=1), prefix=redis_backend.session_prefix)
    earlier, access = redis_backend.sessions().open(ADA), repeating.open(ADA)

    assert HEAD + entry(earlier) + entry(access) == stored(redis_backend)
    assert redis_backend.sessions().close(access.token) is True
    assert redis_backend.sessions().find(access.token) is None


def test_of_sessions_that_open_at_once_none_is_lost(redis_backend: RedisBackend) -> None:
    sessions = redis_backend.sessions()
    each = MOST_SESSIONS // RACERS
    opened: list[AccessToken] = []

    assert race([lambda: opened.extend([sessions.open(ADA).token for _ in range(each)])] * RACERS) == {"done": RACERS}
    assert RACERS * each == len(opened) == sessions.count(ADA)
    assert [token for token in opened if not sessions.find(token)] == []


def test_of_many_clients_that_close_a_session_at_once_one_closes_it(redis_backend: RedisBackend) -> None:
    sessions = redis_backend.sessions()
    other, token = sessions.open(ADA).token, sessions.open(ADA).token
    closed: list[bool] = []
    race([lambda: closed.append(sessions.close(token))] * RACERS)

    assert closed.count(True) == 1
    assert [Session(ADA.account_id, 7), None] == [sessions.find(other), sessions.find(token)]


def test_unreadable_bytes_are_not_sessions_and_are_replaced_by_new_ones(redis_backend: RedisBackend) -> None:
    sessions, token = redis_backend.sessions(), redis_backend.sessions().open(ADA).token
    key, good = the_key(redis_backend), stored(redis_backend)
    later_version, cut_off, too_long = b"\x02" + good[1:], good[:-1], good + b"\0"
    no_account, binary_account = b"\x01\0" + good[6:], good.replace(b"ac_1", b"ac\xff1")
    for bad in (b"", b"\x01", b"\x01\xff", CORRUPT, later_version, cut_off, too_long, no_account, binary_account):
        redis_backend.admin.set(key, bad, ex=60)

        assert (sessions.find(token), sessions.close(token), sessions.count(ADA)) == (None, False, 0), bad
        assert bad == stored(redis_backend)
        access = sessions.open(ADA)
        assert HEAD + entry(access) == stored(redis_backend)
        assert Session(AccountId("ac_1"), 7) == sessions.find(access.token)


def test_a_store_that_is_full_opens_and_closes_sessions(redis_backend: RedisBackend) -> None:
    sessions, quotes = redis_backend.sessions(), redis_backend.quotes()
    with redis_backend.full():
        with pytest.raises(StoreFull):
            quotes.create(ref_at(redis_backend.now()), SaveId(b"12345678"), None, {})
        first, second = sessions.open(ADA).token, sessions.open(ADA).token

        assert sessions.count(ADA) == 2
        assert sessions.find(first)
        assert sessions.close(first) is True
        assert sessions.find(second)
        sessions.close_all(ADA.account_id)
        assert sessions.count(ADA) == 0
