from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from peewee import Database, ModelDelete, fn

from adapters.sql.models import AuditRow, ClaimRow, QuoteRow
from adapters.sql.row_errors import refusals
from adapters.sql.rows import audit_row, claim_changes, claim_of, discarded_changes, quote_row
from adapters.sql.transactions import Transactions
from domain.claims import Claim, ClaimedQuote, ClaimState
from domain.errors import ClaimChanged
from domain.model import QuoteId, milliseconds
from domain.ports import Clock
from domain.repairing.audit import AuditEntry
from domain.repairing.ports import Outbox

_KNOWN = [state.value for state in ClaimState if state is not ClaimState.UNKNOWN]


@dataclass(frozen=True, slots=True)
class SqlOutbox(Outbox):
    transactions: Transactions
    clock: Clock

    def due(self, now: datetime, limit: int) -> list[Claim]:
        # LOWER keeps SQLite from using the index on the state, and so from reading all claims.
        is_due = (ClaimRow.next_at <= milliseconds(now)) & fn.LOWER(ClaimRow.state).in_(_KNOWN)
        query = ClaimRow.select().where(is_due).order_by(ClaimRow.next_at).limit(limit)
        return [claim_of(row) for row in self.transactions.read(lambda database: list(query.execute(database)))]

    def find(self, quote_id: QuoteId) -> Claim | None:
        query = ClaimRow.select().where(ClaimRow.quote_id == quote_id)
        row = self.transactions.read(query.get_or_none)
        return None if row is None else claim_of(row)

    def undeliverable(self, finished_before: datetime, limit: int) -> list[Claim]:
        query = ClaimRow.select().where(
            ClaimRow.state == ClaimState.DEAD.value,
            ClaimRow.payload.is_null(False),
            ClaimRow.next_at.is_null(),
            ClaimRow.finished_at <= milliseconds(finished_before),
        )
        query = query.order_by(ClaimRow.quote_id).limit(limit)
        return [claim_of(row) for row in self.transactions.read(lambda database: list(query.execute(database)))]

    def change(
        self, before: Claim, after: Claim, *, quote: ClaimedQuote | None = None, entry: AuditEntry | None = None
    ) -> Claim:
        after = replace(after, version=before.version + 1)
        is_as_before = (
            (ClaimRow.quote_id == before.quote_id)
            & (ClaimRow.version == before.version)
            & (ClaimRow.source_revision == before.source_revision)
        )
        now = milliseconds(self.clock.now())
        is_discarded = after.state is ClaimState.DISCARDED
        changes = (discarded_changes(now) if is_discarded else {}) | claim_changes(after, now)
        built = quote_row(quote) if quote else None

        def put(database: Database) -> None:
            # First, because it locks the row: of two changes of one version, the second finds the next version.
            if not ClaimRow.update(changes).where(is_as_before).execute(database):
                raise ClaimChanged(f"claim {before.quote_id} is not at version {before.version} any more")
            if is_discarded:
                ModelDelete(QuoteRow).where(QuoteRow.quote_id == before.quote_id).execute(database)
            elif built:
                with refusals(self.transactions.database.dialect):
                    _put_quote(database, built)
            if entry:
                AuditRow.insert(audit_row(entry)).execute(database)

        self.transactions.write(put)
        return after


def _put_quote(database: Database, quote: dict[str, Any]) -> None:
    newer = {name: quote[name] for name in ("product", "details", "source_revision")}
    if not QuoteRow.update(newer).where(QuoteRow.quote_id == quote["quote_id"]).execute(database):
        QuoteRow.insert(quote).execute(database)
