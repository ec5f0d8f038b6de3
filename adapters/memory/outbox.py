from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from domain.claims import Claim, ClaimedQuote, ClaimState
from domain.errors import ClaimChanged
from domain.model import QuoteId
from domain.repairing.audit import AuditEntry
from domain.repairing.ports import Outbox


class MemoryOutbox(Outbox):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def due(self, now: datetime, limit: int) -> list[Claim]:
        with self._database.reading():
            claims = self._database.claims.values()
            due = [
                (claim.next_at, claim) for claim in claims if claim.next_at and claim.state is not ClaimState.UNKNOWN
            ]
        return [claim for next_at, claim in sorted(due, key=lambda item: item[0]) if next_at <= now][:limit]

    def find(self, quote_id: QuoteId) -> Claim | None:
        with self._database.reading():
            return self._database.claims.get(quote_id)

    def undeliverable(self, finished_before: datetime, limit: int) -> list[Claim]:
        with self._database.reading():
            claims = sorted(self._database.claims.values(), key=lambda claim: claim.quote_id)
        return [claim for claim in claims if _is_undeliverable(claim, finished_before)][:limit]

    def change(
        self, before: Claim, after: Claim, *, quote: ClaimedQuote | None = None, entry: AuditEntry | None = None
    ) -> Claim:
        after = replace(after, version=before.version + 1)
        with self._database.writing():
            present = self._database.claims.get(before.quote_id)
            if present is None or _read(present) != _read(before):
                raise ClaimChanged
            self._database.claims[before.quote_id] = after
            if after.state is ClaimState.DISCARDED:
                self._database.quotes.pop(before.quote_id, None)
            elif quote:
                if older := self._database.quotes.get(before.quote_id):
                    quote = replace(quote, created_at=older.created_at, claimed_at=older.claimed_at)
                self._database.put_quote(quote)
            if entry:
                self._database.audit_entries.append(copy.deepcopy(entry))
        return after


def _is_undeliverable(claim: Claim, finished_before: datetime) -> bool:
    is_left = claim.state is ClaimState.DEAD and claim.payload is not None and claim.next_at is None
    return is_left and claim.finished_at is not None and claim.finished_at <= finished_before


def _read(claim: Claim) -> tuple[int, int]:
    """Return the numbers that change with each change of a claim."""
    return claim.version, claim.source_revision
