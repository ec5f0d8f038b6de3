"""Erasure of the owner of claims: the same statements for one claim and for an account."""

from __future__ import annotations

from datetime import datetime

from peewee import Database, Expression, ModelDelete, chunked

from adapters.sql.models import AuditRow, ClaimRow, QuoteRow
from adapters.sql.rows import audit_entry_of, audit_row, discarded_changes
from domain.model import milliseconds

_BATCH = 500
"""Values in one statement: each database has a limit of its own."""


def discard_claims(database: Database, which: Expression, now: datetime) -> int:
    """
    Discard these claims, due now, delete their quotes, and anonymise their audit entries. Return the number of claims.
    To be called within a transaction.
    """
    ids = [row.quote_id for row in ClaimRow.select(ClaimRow.quote_id).where(which).execute(database)]
    if not ids:
        return 0
    # The claims first: a reconciler locks their rows too, so it cannot build a quote after this.
    forgotten = discarded_changes(milliseconds(now)) | {"version": ClaimRow.version + 1}
    changed: int = ClaimRow.update(forgotten).where(which).execute(database)
    for batch in chunked(ids, _BATCH):
        ModelDelete(QuoteRow).where(QuoteRow.quote_id.in_(batch)).execute(database)
        anonymise_entries(database, AuditRow.quote_id.in_(batch))
    return changed


def anonymise_entries(database: Database, which: Expression) -> None:
    """Anonymise these audit entries. To be called within a transaction."""
    for row in list(AuditRow.select().where(which).execute(database)):
        forgotten = audit_row(audit_entry_of(row).anonymised())
        AuditRow.update(forgotten).where(AuditRow.act_id == row.act_id).execute(database)
