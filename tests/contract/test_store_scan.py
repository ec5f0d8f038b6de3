"""The scan of a store's keys for a checker; it changes no key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis import Redis

from adapters.redis import scan as redis_survey
from adapters.redis.client import connect, scan_client
from adapters.redis.scan import RedisStoreScan
from domain.errors import StoreUnavailable
from domain.model import LAST_REVISION, Account, AccountId, ClaimToken, Details, Email, KeyId, QuoteId, QuoteRef, SaveId
from domain.repairing.ports import StoreScan
from domain.repairing.summaries import KeyKind, StoredKey
from tests.contract.support.store_backends import RedisBackend, StoreBackend, ref_at
from tests.servers.cluster import ClusterSet

A_SAVE, A_CLAIM = SaveId(b"12345678"), ClaimToken(b"1234567890123456")
LONG: Details = {"text": "x" * 60_000}


def test_every_key_is_reported_with_its_kind(store_backend: StoreBackend) -> None:
    refs = _one_of_each_kind(store_backend)
    scan = store_backend.scan()

    expected = {StoredKey(scan.name(ref), kind, ends=True) for ref, kind in refs.items()}
    walked = _walked(scan)
    assert expected == set(walked)
    assert len(expected) == len(walked)


def test_keys_that_are_looked_up_come_in_the_order_of_the_request(store_backend: StoreBackend) -> None:
    kinds = _one_of_each_kind(store_backend)
    scan, nothing = store_backend.scan(), ref_at(store_backend.now())
    asked = [nothing, *reversed(kinds), nothing, next(iter(kinds))]

    expected = [StoredKey(scan.name(ref), kinds[ref], ends=True) if ref in kinds else None for ref in asked]
    assert expected == scan.look_up(asked)
    assert scan.look_up([]) == []


def test_an_empty_store_has_no_keys(store_backend: StoreBackend) -> None:
    store_backend.quotes()

    assert _walked(store_backend.scan()) == []


def test_a_key_whose_time_has_ended_is_not_there(store_backend: StoreBackend) -> None:
    ref = _a_draft(store_backend)
    store_backend.end_ttl(ref)

    assert store_backend.scan().look_up([ref]) == [None]
    assert _walked(store_backend.scan()) == []


def test_the_sessions_of_an_account_are_counted_if_they_are_a_key(store_backend: StoreBackend) -> None:
    ref = _a_draft(store_backend)
    for account_id in ("ac_1", "ac_1", "ac_2"):
        _open_session(store_backend, account_id)

    told = [key for key in _walked(store_backend.scan()) if key.name != store_backend.scan().name(ref)]
    expected = 2 if isinstance(store_backend, RedisBackend) else 0
    assert [(KeyKind.SESSION, True)] * expected == [(key.kind, key.ends) for key in told]


def test_a_key_without_a_ttl_is_reported(redis_backend: RedisBackend) -> None:
    refs = list(_one_of_each_kind(redis_backend))
    _open_session(redis_backend)
    for name in redis_backend.everything():
        redis_backend.admin.persist(name)

    walked = _walked(redis_backend.scan())
    assert {False} == {key.ends for key in walked}
    assert len(refs) + 1 == len(walked)
    assert [False] * len(refs) == [key is None or key.ends for key in redis_backend.scan().look_up(refs)]


def test_a_value_that_no_version_has_written_is_reported_as_unreadable(redis_backend: RedisBackend) -> None:
    other_type, empty = ref_at(redis_backend.now()), ref_at(redis_backend.now())
    redis_backend.admin.hset(redis_backend.name(other_type), "field", "value")
    redis_backend.admin.set(redis_backend.name(empty), b"")

    expected = [StoredKey(redis_backend.name(ref), KeyKind.UNREADABLE, ends=False) for ref in (other_type, empty)]
    assert expected == redis_backend.scan().look_up([other_type, empty])
    assert {key.name for key in expected} == {key.name for key in _walked(redis_backend.scan())}


def test_a_store_of_more_than_one_batch_is_walked_to_its_end(
    store_backend: StoreBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_survey, "_BATCH", 4)
    quotes = store_backend.quotes()
    refs = [ref_at(store_backend.now()) for _ in range(30)]
    for ref in refs:
        quotes.create(ref, A_SAVE, None, {})
    for number in range(7):
        _open_session(store_backend, f"ac_{number}")
    scan = store_backend.scan()

    batches = list(scan.all_keys())

    # A key may come twice, and none may be missing.
    quotes_told = {key.name for batch in batches for key in batch if key.kind is KeyKind.DRAFT}
    assert {scan.name(ref) for ref in refs} == quotes_told
    if isinstance(store_backend, RedisBackend):
        assert len({key.name for batch in batches for key in batch if key.kind is KeyKind.SESSION}) == 7
        assert all(len(batch) <= 4 for batch in batches)


def test_a_survey_writes_nothing(store_backend: StoreBackend) -> None:
    refs = _one_of_each_kind(store_backend)
    _open_session(store_backend)
    before = store_backend.everything()

    _walked(store_backend.scan())
    store_backend.scan().look_up([*refs, ref_at(store_backend.now())])

    assert len(before) >= len(refs)
    assert before == store_backend.everything()


def test_keys_of_others_in_the_same_store_are_not_told(store_backend: StoreBackend) -> None:
    if not isinstance(store_backend, RedisBackend):
        return
    others = [f"x{store_backend.quote_prefix}1", f"{store_backend.quote_prefix[:-1]}1"]
    for name in others:
        store_backend.admin.set(name, b"theirs", ex=60)

    assert _walked(store_backend.scan()) == []


def test_a_store_that_is_away_is_unavailable() -> None:
    nobody = Redis(port=1)
    scan = RedisStoreScan(lambda: nobody, lambda ref: ref.quote_id)
    clustered = RedisStoreScan(lambda: scan_client(connect("redis+cluster://127.0.0.1:1")), lambda ref: ref.quote_id)

    for each in (scan, clustered):
        with pytest.raises(StoreUnavailable):
            list(each.all_keys())
        with pytest.raises(StoreUnavailable):
            each.look_up([QuoteRef(QuoteId("qt_1"), KeyId("k1"))])


@pytest.mark.backend("cluster")
def test_a_cluster_is_surveyed_by_a_user_with_no_other_rights(cluster_servers: ClusterSet) -> None:
    with_all = cluster_servers.client()
    backend = RedisBackend(with_all, with_all)
    refs = [_a_draft(backend) for _ in range(20)]
    user = f"checker-{backend.test}"
    rule = [
        user,
        "on",
        f">{backend.test}",
        "~q:*",
        "~s:*",
        "-@all",
        "+scan",
        "+getrange",
        "+pttl",
        "+cluster|slots",
        "+ping",
    ]
    for node in cluster_servers.nodes:
        node.ask("ACL SETUSER", *rule)
    host = cluster_servers.url.partition("@")[2]
    client = connect(f"redis+cluster://{user}:{backend.test}@{host}")
    scan = RedisStoreScan(lambda: scan_client(client), backend.name, backend.quote_prefix, backend.session_prefix)

    assert {backend.name(ref) for ref in refs} == {key.name for key in _walked(scan)}
    assert [backend.name(ref) for ref in refs] == [key and key.name for key in scan.look_up(refs)]
    client.close()
    with_all.close()


def _one_of_each_kind(backend: StoreBackend) -> dict[QuoteRef, KeyKind]:
    quotes = backend.quotes()
    claimed, claimed_unseen, frozen, open_, long, corrupt = refs = [ref_at(backend.now()) for _ in range(6)]
    for ref in refs:
        if ref != claimed_unseen:
            quotes.create(ref, A_SAVE, "p" * 64, LONG if ref == long else {})
    quotes.finish_claim(claimed, LAST_REVISION)
    quotes.finish_claim(claimed_unseen, LAST_REVISION)
    quotes.begin_claim(frozen, A_CLAIM, None)
    backend.corrupt(corrupt)
    draft, tombstone = KeyKind.DRAFT, KeyKind.TOMBSTONE
    kinds = {claimed: tombstone, claimed_unseen: tombstone, frozen: draft, open_: draft, long: draft}
    return kinds | {corrupt: KeyKind.UNREADABLE}


def _a_draft(backend: StoreBackend) -> QuoteRef:
    ref = ref_at(backend.now())
    backend.quotes().create(ref, A_SAVE, "motor", {})
    return ref


def _open_session(backend: StoreBackend, account_id: str = "ac_1") -> None:
    account = Account(AccountId(account_id), Email("a@b.example", "a@b.example"), None, "hash", backend.now())
    backend.sessions(timedelta(days=1)).open(account)


def _walked(scan: StoreScan) -> list[StoredKey]:
    return [key for batch in scan.all_keys() for key in batch]
