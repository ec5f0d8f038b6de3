from __future__ import annotations

import copy
from collections import defaultdict
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from domain.claims import Cause, Claim, ClaimState
from domain.model import QuoteId
from domain.repairing.audit import AuditEntry
from domain.repairing.ports import ClaimRecords
from domain.repairing.summaries import CauseCount, ClaimFilter, ClaimSummary, QuoteSummary


class MemoryClaimRecords(ClaimRecords):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def find(self, which: ClaimFilter, after: QuoteId | None, limit: int) -> list[Claim]:
        return [claim for claim in self._claims(after) if _fits(claim, which)][:limit]

    def counts(self, which: ClaimFilter) -> list[CauseCount]:
        groups: dict[tuple[ClaimState, Cause | None], list[datetime]] = defaultdict(list)
        for claim in self._claims(None):
            if _fits(claim, which):
                groups[claim.state, claim.cause].append(claim.created_at)
        return [CauseCount(state, cause, len(times), min(times)) for (state, cause), times in groups.items()]

    def claims(self, after: QuoteId | None, limit: int) -> list[ClaimSummary]:
        return [self._summary(claim) for claim in self._claims(after)[:limit]]

    def claimed(self, after: QuoteId | None, limit: int) -> list[tuple[QuoteId, bool]]:
        with self._database.reading():
            ids = sorted(quote_id for quote_id in self._database.quotes if after is None or quote_id > after)
            return [(quote_id, quote_id in self._database.claims) for quote_id in ids[:limit]]

    def log(self, entry: AuditEntry) -> None:
        with self._database.writing():
            claim = self._database.claims.get(entry.quote_id)
            kept = entry if claim is None or claim.account_id == entry.account_id else entry.anonymised()
            self._database.audit_entries.append(copy.deepcopy(kept))

    def audit_log(self, quote_id: QuoteId | None, limit: int) -> list[AuditEntry]:
        with self._database.reading():
            return copy.deepcopy(
                [entry for entry in self._database.audit_entries if quote_id in (None, entry.quote_id)][-limit:]
            )

    def _claims(self, after: QuoteId | None) -> list[Claim]:
        with self._database.reading():
            claims = [claim for claim in self._database.claims.values() if after is None or claim.quote_id > after]
        return sorted(claims, key=lambda claim: claim.quote_id)

    def _summary(self, claim: Claim) -> ClaimSummary:
        quote = self._database.quotes.get(claim.quote_id)
        return ClaimSummary(
            quote_id=claim.quote_id,
            key_id=claim.key_id,
            account_id=claim.account_id,
            state=claim.state,
            source_revision=claim.source_revision,
            cleanup=claim.cleanup,
            next_at=claim.next_at,
            has_payload=claim.payload is not None,
            quote=QuoteSummary(quote.quote_id, quote.account_id, quote.source_revision) if quote else None,
        )


def _fits(claim: Claim, which: ClaimFilter) -> bool:
    return (
        (not which.states or claim.state in which.states)
        and (not which.causes or claim.cause in which.causes)
        and (which.claimed_before is None or claim.created_at < which.claimed_before)
        and (which.claimed_after is None or claim.created_at > which.claimed_after)
    )
