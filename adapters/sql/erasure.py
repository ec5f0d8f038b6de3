"""What it takes to forget the owner of claims: the same for one claim and for an account."""

from __future__ import annotations

from datetime import datetime

from peewee import Database, Expression, ModelDelete, chunked

from adapters.sql.models import AuditRow, ClaimRow, QuoteRow
from adapters.sql.rows import audit_entry_of, audit_row, discarded_changes
from domain.model import milliseconds

_BATCH = 500
"""Each database has its own limit to the values of one statement."""


def discard_claims(database: Database, which: Expression, now: datetime) -> int:
    """
    Within a transaction: mark these claims discarded, due now, delete their quotes, and anonymise their audit
    entries. Return how many claims there were.
    """
    ids = [row.quote_id for row in ClaimRow.select(ClaimRow.quote_id).where(which).execute(database)]
    if not ids:
        return 0
    # The claims first: their rows are what a reconciler locks, so none builds a quote after this.
    forgotten = discarded_changes(milliseconds(now)) | {"version": ClaimRow.version + 1}
    changed: int = ClaimRow.update(forgotten).where(which).execute(database)
    for batch in chunked(ids, _BATCH):
        ModelDelete(QuoteRow).where(QuoteRow.quote_id.in_(batch)).execute(database)
        anonymise_entries(database, AuditRow.quote_id.in_(batch))
    return changed


def anonymise_entries(database: Database, which: Expression) -> None:
    """Within a transaction: delete from these entries what may speak of a customer."""
    for row in list(AuditRow.select().where(which).execute(database)):
        forgotten = audit_row(audit_entry_of(row).anonymised())
        AuditRow.update(forgotten).where(AuditRow.act_id == row.act_id).execute(database)
