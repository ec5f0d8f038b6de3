from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from adapters.redis.client import Client
from adapters.redis.errors import translated_errors
from adapters.redis.record import TOMBSTONE, body, encode_payload, encode_record, parse
from adapters.redis.scripts import script
from domain.errors import (
    ClaimInProgress,
    DetailsTooLarge,
    DraftClaimed,
    DraftGone,
    DraftUnreadable,
    QuoteholdError,
    RevisionMismatch,
)
from domain.model import (
    NO_REVISION,
    ClaimToken,
    Details,
    Draft,
    Lifetime,
    Quote,
    QuoteRef,
    Revision,
    Saved,
    SaveId,
    StoredDraft,
    instant,
    milliseconds,
)
from domain.ports import QuoteStore


class RedisQuoteStore(QuoteStore):
    """
    Quotes in Redis or Valkey. Each quote is one key, so every script works on any cluster layout.

    `name` gives a quote's key; `max_details` is in bytes of compact JSON; `lease` is the draft lease. `shebang=False`
    is for a server that does not know the `#!lua` line.
    """

    def __init__(
        self,
        client: Client,
        name: Callable[[QuoteRef], str],
        lifetime: Lifetime,
        *,
        lease: timedelta,
        max_details: int,
        shebang: bool = True,
    ) -> None:
        self._client = client
        self._name = name
        self._lifetime = lifetime
        self._ttl = _ms(lifetime.ttl)
        self._lease = _ms(lease)
        self._tombstone_ttl = _ms(lifetime.tombstone_ttl)
        self._max_details = max_details
        self._shebang = shebang

    def create(self, ref: QuoteRef, save: SaveId, product: str | None, details: Details) -> Saved:
        payload = self._payload(details)
        reply = self._run("create", ref, save, body(product, payload), self._ttl, self._max_age_end(ref))
        return self._saved(ref, reply)

    def save(self, ref: QuoteRef, save: SaveId, details: Details, expected: Revision | None) -> Saved:
        reply = self._run(
            "save", ref, save, self._payload(details), self._ttl, self._max_age_end(ref), _optional(expected)
        )
        return self._saved(ref, reply)

    def get(self, ref: QuoteRef) -> Quote:
        _, value, expiry = self._run("get", ref, self._max_age_end(ref))
        record = parse(value)
        if record.state == TOMBSTONE:
            raise DraftClaimed
        draft = record.draft()
        return Quote(ref.quote_id, draft.product, draft.details, record.revision, self._end(ref, expiry))

    def discard(self, ref: QuoteRef, expected: Revision | None) -> None:
        self._run("discard", ref, _optional(expected))

    def begin_claim(self, ref: QuoteRef, claim: ClaimToken, expected: Revision | None) -> StoredDraft:
        try:
            _, revision, raw = self._run(
                "begin", ref, claim, self._lease, self._ttl, self._max_age_end(ref), _optional(expected)
            )
        except _Unreadable as found:
            return StoredDraft(NO_REVISION, found.raw)
        return StoredDraft(Revision(revision), raw)

    def peek(self, ref: QuoteRef) -> StoredDraft:
        with translated_errors():
            value = cast("bytes | None", self._client.get(self._name(ref)))
        if value is None:
            raise DraftGone
        try:
            record = parse(value)
        except DraftUnreadable:
            return StoredDraft(NO_REVISION, value)
        if record.state == TOMBSTONE:
            raise DraftClaimed
        return StoredDraft(record.revision, value)

    def abort_claim(self, ref: QuoteRef, claim: ClaimToken) -> None:
        self._run("abort", ref, claim)

    def finish_claim(self, ref: QuoteRef, committed: Revision, undecodable: bytes | None = None) -> StoredDraft | None:
        status, *newer = self._run("finish", ref, committed, self._tombstone_ttl, undecodable or "")
        return StoredDraft(Revision(newer[0]), newer[1]) if status == b"NEWER" else None

    def encode(self, ref: QuoteRef, draft: Draft) -> bytes:
        return encode_record(draft.product, self._payload(draft.details))

    def decode(self, ref: QuoteRef, raw: bytes) -> Draft:
        record = parse(raw)
        if record.state == TOMBSTONE:
            raise DraftUnreadable("a tombstone holds no draft")
        return record.draft()

    def check(self) -> None:
        # One round trip shows that the server answers, lets this user run scripts, and takes writes.
        with translated_errors():
            script("discard", shebang=self._shebang).run(self._client, "q:readiness", "")

    def _run(self, operation: str, ref: QuoteRef, *args: bytes | str | int) -> list[Any]:
        with translated_errors():
            reply: list[Any] = script(operation, shebang=self._shebang).run(self._client, self._name(ref), *args)
        if refusal := _REFUSALS.get(reply[0]):
            raise refusal(reply)
        return reply

    def _payload(self, details: Details) -> bytes:
        payload = encode_payload(details)
        if len(payload) - 1 > self._max_details:
            raise DetailsTooLarge(self._max_details)
        return payload

    def _saved(self, ref: QuoteRef, reply: list[Any]) -> Saved:
        _, revision, expiry, product = reply
        return Saved(Revision(revision), product.decode("ascii", "replace") or None, self._end(ref, expiry))

    def _end(self, ref: QuoteRef, expiry: int) -> datetime:
        return instant(min(expiry, self._max_age_end(ref)))

    def _max_age_end(self, ref: QuoteRef) -> int:
        return milliseconds(self._lifetime.max_age_end(ref.quote_id))


class _Unreadable(DraftUnreadable):
    def __init__(self, raw: bytes) -> None:
        super().__init__(f"the {len(raw)} bytes are not a record of this version")
        self.raw = raw


_REFUSALS: dict[bytes, Callable[[list[Any]], QuoteholdError]] = {
    b"GONE": lambda _: DraftGone(),
    b"CLAIMED": lambda _: DraftClaimed(),
    b"BUSY": lambda reply: ClaimInProgress(timedelta(seconds=reply[1])),
    b"CONFLICT": lambda reply: RevisionMismatch(Revision(reply[1])),
    b"UNREADABLE": lambda reply: _Unreadable(reply[1]),
}


def _ms(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


def _optional(expected: Revision | None) -> str | int:
    return "" if expected is None else expected
