"""The record in Redis, byte for byte, since other versions must be able to read it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.redis.record import decode_payload, encode_payload, parse
from domain.errors import DraftUnreadable
from domain.model import NO_REVISION, ClaimToken, Draft, Revision, SaveId, StoredDraft
from tests.contract.support.store_backends import RedisBackend, ref_at

SAVE, CLAIM = SaveId(b"saveid08"), ClaimToken(b"claim-token-16by")


def test_the_bytes_of_each_state(redis_backend: RedisBackend) -> None:
    backend = redis_backend
    quotes, ref = backend.quotes(), ref_at(backend.now())

    def stored() -> bytes:
        value = backend.admin.get(backend.name(ref))
        assert isinstance(value, bytes)
        return value

    revision = quotes.create(ref, SAVE, "motor", {"a": [1, "é"]}).revision
    number = revision.to_bytes(6, "big")
    rest = b"\x05motor\x01" + '{"a":[1,"é"]}'.encode()
    assert stored() == b"\x01O" + number + SAVE + rest

    quotes.begin_claim(ref, CLAIM, None)
    lease_end = int.from_bytes(stored()[16:20], "big")
    assert 14 <= lease_end - backend.now().timestamp() <= 16
    assert stored() == b"\x01C" + number + SAVE + stored()[16:20] + CLAIM + rest

    quotes.abort_claim(ref, CLAIM)
    assert stored() == b"\x01O" + number + SAVE + rest

    quotes.finish_claim(ref, revision)
    assert stored() == b"\x01T" + number


def test_a_draft_of_one_kilobyte_costs_twenty_three_bytes_more() -> None:
    payload = encode_payload({"a": "x" * 992})
    record = b"\x01O" + bytes(6) + bytes(8) + b"\x05motor" + payload
    assert len(record) == 1000 + 23
    assert parse(record).draft() == Draft("motor", {"a": "x" * 992})


@pytest.mark.parametrize(
    "value",
    [
        b"", b"\x01", b"\x01O", b"\x02O" + bytes(40), b"\x01X" + bytes(40), b"\x01O" + bytes(14), b"\x01C" + bytes(34),
        b"\x01O" + bytes(14) + b"\x05mo", b"\x01O" + bytes(14) + b"\x01\xff\x01{}",
        b"\x01O" + bytes(14) + b"\x00\x09{}",
        b"\x01O" + bytes(14) + b"\x00\x01{", b"\x01O" + bytes(14) + b"\x00\x01[]",
    ],
)  # fmt: skip
def test_bytes_that_are_not_a_draft_are_unreadable(value: bytes) -> None:
    with pytest.raises(DraftUnreadable):
        parse(value).draft()


def test_a_record_of_a_later_version_is_neither_changed_nor_lost(redis_backend: RedisBackend) -> None:
    backend = redis_backend
    quotes, ref = backend.quotes(), ref_at(backend.now())
    revision = quotes.create(ref, SAVE, "motor", {}).revision
    later = b"\x02" + backend.admin.get(backend.name(ref))[1:]
    backend.admin.set(backend.name(ref), later, keepttl=True)
    calls: list[Callable[[], object]] = [
        lambda: quotes.get(ref),
        lambda: quotes.save(ref, SaveId(b"another!"), {}, None),
        lambda: quotes.finish_claim(ref, revision),
    ]
    for call in calls:
        with pytest.raises(DraftUnreadable):
            call()
    assert quotes.begin_claim(ref, CLAIM, None) == StoredDraft(NO_REVISION, later)
    assert backend.admin.get(backend.name(ref)) == later


def test_the_largest_revision_is_kept_exactly(redis_backend: RedisBackend) -> None:
    backend = redis_backend
    quotes, ref = backend.quotes(), ref_at(backend.now())
    largest = Revision(2**48 - 1)
    quotes.finish_claim(ref, largest)
    assert parse(backend.admin.get(backend.name(ref))).revision == largest


def test_an_unknown_codec_is_named() -> None:
    with pytest.raises(DraftUnreadable, match="codec 07"):
        decode_payload(b"\x07data")
