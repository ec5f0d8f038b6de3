"""The contracts of clocks, ids, password hashers and quote tokens, each over all its adapters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

import pytest

from adapters.argon2 import Argon2PasswordHasher
from adapters.keyring import Keyring
from adapters.system import SystemClock, SystemIds
from domain.errors import QuoteNotFound
from domain.model import KeyId, QuoteId, QuoteToken, instant, milliseconds, started_at
from domain.ports import Clock, Ids, PasswordHasher
from tests.doubles.clock import ManualClock
from tests.doubles.hashers import PlainPasswordHasher
from tests.doubles.ids import CountingIds

OLD, NEW = (KeyId("old"), b"o" * 32), (KeyId("new"), b"n" * 32)


@pytest.fixture(params=[ManualClock, SystemClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    make: Callable[[], Clock] = request.param
    return make()


@pytest.fixture(params=[lambda: CountingIds(SystemClock()), SystemIds], ids=["CountingIds", "SystemIds"])
def ids(request: pytest.FixtureRequest) -> Ids:
    make: Callable[[], Ids] = request.param
    return make()


def argon2(**parameters: int) -> Argon2PasswordHasher:
    return Argon2PasswordHasher(lambda work: work(), slots=1, **parameters)


@dataclass(frozen=True)
class Hashers:
    """A hasher with the present parameters, and one with former parameters."""

    hasher: PasswordHasher
    former: PasswordHasher


@pytest.fixture(params=["plain", "argon2"])
def hashers(request: pytest.FixtureRequest) -> Hashers:
    if request.param == "plain":
        return Hashers(PlainPasswordHasher(), PlainPasswordHasher("former"))
    return Hashers(argon2(), argon2(memory_cost=8192))


@pytest.fixture
def hasher(hashers: Hashers) -> PasswordHasher:
    return hashers.hasher


class TestClock:
    def test_the_time_is_utc_in_whole_milliseconds(self, clock: Clock) -> None:
        now = clock.now()
        assert now.tzinfo is UTC
        assert instant(milliseconds(now)) == now


class TestIds:
    def test_ids_are_new_each_time_and_have_their_form(self, ids: Ids) -> None:
        ulid = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
        quotes, accounts = {ids.quote_id() for _ in range(100)}, {ids.account_id() for _ in range(100)}
        assert (len(quotes), len(accounts)) == (100, 100)
        assert all(re.fullmatch(f"qt_{ulid}", quote_id) for quote_id in quotes)
        assert all(re.fullmatch(f"ac_{ulid}", account_id) for account_id in accounts)
        assert {len(ids.save_id()) for _ in range(10)} == {8}
        assert {len(ids.claim_token()) for _ in range(10)} == {16}
        assert len({ids.save_id() for _ in range(100)} | {ids.claim_token() for _ in range(100)}) == 200

    def test_a_quote_id_holds_the_time_at_which_it_was_made(self, ids: Ids) -> None:
        before = SystemClock().now()
        made = started_at(ids.quote_id())
        assert before <= made <= SystemClock().now()

    def test_the_time_of_the_ulid_specification_s_example(self) -> None:
        assert milliseconds(started_at(QuoteId("qt_01ARYZ6S41TSV4RRFFQ69G5FAV"))) == 1469918176385


class TestPasswordHasher:
    def test_it_knows_the_password_and_no_other(self, hasher: PasswordHasher) -> None:
        password_hash = hasher.hash("correct horse battery")
        assert hasher.verify(password_hash, "correct horse battery")
        assert not hasher.verify(password_hash, "correct horse batterz")
        assert not hasher.verify("no hash at all", "correct horse battery")

    def test_no_password_matches_the_hash_of_nobody(self, hasher: PasswordHasher) -> None:
        assert not hasher.verify(None, "correct horse battery")
        assert not hasher.verify(None, "")

    def test_a_hash_of_the_present_way_is_not_outdated(self, hashers: Hashers) -> None:
        assert not hashers.hasher.is_outdated(hashers.hasher.hash("correct horse battery"))

    def test_a_former_hash_is_outdated_and_still_knows_its_password(self, hashers: Hashers) -> None:
        former = hashers.former.hash("correct horse battery")
        assert hashers.hasher.is_outdated(former)
        assert hashers.hasher.verify(former, "correct horse battery")
        assert not hashers.hasher.verify(former, "correct horse batterz")

    def test_a_text_that_is_not_a_hash_is_outdated(self, hasher: PasswordHasher) -> None:
        assert hasher.is_outdated("no hash at all")
        assert hasher.is_outdated("")


def test_argon2id_has_owasp_s_parameters_a_salt_and_one_form_of_each_character() -> None:
    hasher = argon2()
    composed, decomposed = "Zo\u00eb long enough", "Zoe\u0308 long enough"
    password_hash = hasher.hash(composed)
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.hash(composed) != password_hash
    assert hasher.verify(password_hash, decomposed)


class TestKeyring:
    def test_a_token_is_accepted_for_its_own_quote_alone(self) -> None:
        keyring = Keyring(dict([NEW]))
        mine, other = SystemIds().quote_id(), SystemIds().quote_id()
        ref, token = keyring.issue(mine)
        assert keyring.verify(mine, token) == ref
        for quote_id, made_up in [
            (other, token),
            (mine, token[:-1]),
            (mine, token + "A"),
            (mine, ""),
            (mine[:-1], token),
        ]:
            with pytest.raises(QuoteNotFound):
                keyring.verify(quote_id, made_up)

    def test_it_holds_128_bits_and_more_and_names_its_key(self) -> None:
        _, token = Keyring(dict([NEW])).issue(SystemIds().quote_id())
        assert re.fullmatch(r"qk_new[A-Za-z0-9_-]{32}", token)

    def test_every_character_of_a_token_counts(self) -> None:
        keyring = Keyring(dict([NEW]))
        quote_id = SystemIds().quote_id()
        _, token = keyring.issue(quote_id)
        for place in range(len(token)):
            changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            with pytest.raises(QuoteNotFound):
                keyring.verify(quote_id, QuoteToken(changed))

    def test_after_a_rotation_old_tokens_work_and_keep_their_names(self) -> None:
        before, after, retired = Keyring(dict([OLD])), Keyring(dict([NEW, OLD])), Keyring(dict([NEW]))
        quote_id = SystemIds().quote_id()
        ref, token = before.issue(quote_id)
        assert after.verify(quote_id, token) == ref
        assert after.name(ref) == before.name(ref)
        assert after.issue(quote_id)[0].key_id == "new"
        with pytest.raises(QuoteNotFound):
            retired.verify(quote_id, token)

    def test_a_name_shows_neither_id_nor_token_and_differs_by_key(self) -> None:
        keyring = Keyring(dict([NEW, OLD]))
        ref, token = keyring.issue(SystemIds().quote_id())
        name = keyring.name(ref)
        assert re.fullmatch(r"q:[A-Za-z0-9_-]{22}", name)
        assert ref.quote_id not in name
        assert name[2:] not in token
        assert Keyring({ref.key_id: b"x" * 32}).name(ref) != name

    def test_it_knows_its_own_keys_and_no_retired_one(self) -> None:
        keyring = Keyring(dict([NEW, OLD]))
        assert [keyring.knows(KeyId(name)) for name in ("new", "old", "older", "")] == [True, True, False, False]
        assert not Keyring(dict([NEW])).knows(OLD[0])
