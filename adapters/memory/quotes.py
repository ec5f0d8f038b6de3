from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.errors import (
    ClaimInProgress,
    DetailsTooLarge,
    DraftClaimed,
    DraftGone,
    DraftUnreadable,
    RevisionMismatch,
)
from domain.model import (
    LAST_REVISION,
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
    milliseconds,
)
from domain.ports import Clock, QuoteStore
from domain.repairing.summaries import KeyKind

_FIRST_BYTE = b"["
"""Every draft is a JSON array; bytes that begin otherwise were damaged."""


@dataclass(frozen=True, slots=True)
class _Entry:
    revision: Revision
    ends: datetime
    save: SaveId | None = None
    raw: bytes = b""
    claim: ClaimToken | None = None
    lease_ends: datetime | None = None
    tombstone: bool = False

    @property
    def is_unreadable(self) -> bool:
        return not (self.tombstone or self.raw.startswith(_FIRST_BYTE))


class MemoryQuoteStore(QuoteStore):
    def __init__(self, clock: Clock, lifetime: Lifetime, *, lease: timedelta, max_details: int) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._lease = lease
        self._max_details = max_details
        self._entries: dict[QuoteRef, _Entry] = {}
        self._lock = threading.RLock()

    def create(self, ref: QuoteRef, save: SaveId, product: str | None, details: Details) -> Saved:
        raw = self._encoded(product, details)
        with self._lock:
            now = self._writing()
            entry = self._entries.get(ref)
            if entry is None:
                ends = self._end(ref, now)
                entry = self._entries[ref] = _Entry(Revision(milliseconds(now)), ends, save, raw)
            elif entry.save != save:
                raise RevisionMismatch(entry.revision)
            return self._saved(ref, entry)

    def save(self, ref: QuoteRef, save: SaveId, details: Details, expected: Revision | None) -> Saved:
        with self._lock:
            now = self._writing()
            entry = self._draft(ref)
            if entry.save == save:
                return self._saved(ref, entry)
            _refuse_busy(entry, now)
            ends = self._end(ref, now)
            _refuse_other_revision(entry, expected)
            raw = self._encoded(self.decode(ref, entry.raw).product, details)
            revision = Revision(max(entry.revision + 1, milliseconds(now)))
            entry = self._entries[ref] = _Entry(revision, ends, save, raw)
            return self._saved(ref, entry)

    def get(self, ref: QuoteRef) -> Quote:
        with self._lock:
            now = self._reading()
            entry = self._draft(ref)
            draft = self.decode(ref, entry.raw)
            if now >= self._lifetime.max_age_end(ref.quote_id):
                raise DraftGone
            saved = self._saved(ref, entry)
            return Quote(ref.quote_id, draft.product, draft.details, saved.revision, saved.expires_at)

    def discard(self, ref: QuoteRef, expected: Revision | None) -> None:
        with self._lock:
            now = self._writing()
            entry = self._draft(ref)
            if entry.is_unreadable and expected is not None:
                raise DraftUnreadable
            _refuse_busy(entry, now)
            _refuse_other_revision(entry, expected)
            del self._entries[ref]

    def begin_claim(self, ref: QuoteRef, claim: ClaimToken, expected: Revision | None) -> StoredDraft:
        with self._lock:
            now = self._writing()
            entry = self._draft(ref)
            if entry.is_unreadable:
                return StoredDraft(NO_REVISION, entry.raw)
            if entry.claim != claim:
                _refuse_busy(entry, now)
                ends = min(now + self._lifetime.ttl, self._lifetime.max_age_end(ref.quote_id) + self._lifetime.ttl)
                if ends <= now:
                    raise DraftGone
                _refuse_other_revision(entry, expected)
                self._entries[ref] = replace(entry, claim=claim, lease_ends=now + self._lease, ends=ends)
            return StoredDraft(entry.revision, entry.raw)

    def peek(self, ref: QuoteRef) -> StoredDraft:
        with self._lock:
            self._reading()
            entry = self._draft(ref)
            return StoredDraft(entry.revision, entry.raw)

    def abort_claim(self, ref: QuoteRef, claim: ClaimToken) -> None:
        with self._lock:
            self._writing()
            entry = self._entries.get(ref)
            if entry and entry.claim == claim:
                self._entries[ref] = replace(entry, claim=None, lease_ends=None)

    def finish_claim(self, ref: QuoteRef, committed: Revision, undecodable: bytes | None = None) -> StoredDraft | None:
        with self._lock:
            now = self._writing()
            entry = self._entries.get(ref)
            if entry and entry.is_unreadable and entry.raw != undecodable and committed != LAST_REVISION:
                raise DraftUnreadable
            if entry and not entry.tombstone and entry.revision > committed:
                return StoredDraft(entry.revision, entry.raw)
            ends = now + self._lifetime.tombstone_ttl
            self._entries[ref] = _Entry(committed, ends, tombstone=True)
            return None

    def encode(self, ref: QuoteRef, draft: Draft) -> bytes:
        return self._encoded(draft.product, draft.details)

    def decode(self, ref: QuoteRef, raw: bytes) -> Draft:
        try:
            product, details = json.loads(raw)
        except ValueError as error:
            raise DraftUnreadable(f"not JSON: {error}") from error
        return Draft(product, details)

    def check(self) -> None:
        with self._lock:
            self._writing()

    def kinds(self) -> dict[QuoteRef, KeyKind]:
        """Return the kind of each stored record."""
        with self._lock:
            self._reading()
            return {ref: _kind(entry) for ref, entry in self._entries.items()}

    def _reading(self) -> datetime:
        now = self._clock.now()
        self._entries = {ref: entry for ref, entry in self._entries.items() if entry.ends > now}
        return now

    def _writing(self) -> datetime:
        return self._reading()

    def _draft(self, ref: QuoteRef) -> _Entry:
        entry = self._entries.get(ref)
        if entry is None:
            raise DraftGone
        if entry.tombstone:
            raise DraftClaimed
        return entry

    def _end(self, ref: QuoteRef, now: datetime) -> datetime:
        ends = min(now + self._lifetime.ttl, self._lifetime.max_age_end(ref.quote_id))
        if ends <= now:
            raise DraftGone
        return ends

    def _saved(self, ref: QuoteRef, entry: _Entry) -> Saved:
        ends = min(entry.ends, self._lifetime.max_age_end(ref.quote_id))
        return Saved(entry.revision, self.decode(ref, entry.raw).product, ends)

    def _encoded(self, product: str | None, details: Details) -> bytes:
        text = json.dumps(details, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) > self._max_details:
            raise DetailsTooLarge(self._max_details)
        return json.dumps([product, details]).encode()


def _kind(entry: _Entry) -> KeyKind:
    if entry.is_unreadable:
        return KeyKind.UNREADABLE
    return KeyKind.TOMBSTONE if entry.tombstone else KeyKind.DRAFT


def _refuse_busy(entry: _Entry, now: datetime) -> None:
    if entry.lease_ends and entry.lease_ends > now:
        raise ClaimInProgress(entry.lease_ends - now)


def _refuse_other_revision(entry: _Entry, expected: Revision | None) -> None:
    if expected not in (None, entry.revision):
        raise RevisionMismatch(entry.revision)
