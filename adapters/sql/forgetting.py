"""What it takes to forget the owner of claims: the same for one claim and for an account."""

from __future__ import annotations

from datetime import datetime

from peewee import Database, Expression, ModelDelete, chunked

from adapters.sql.models import ActRow, ClaimRow, QuoteRow
from adapters.sql.rows import discarded_changes
from domain.model import milliseconds

_BATCH = 500
"""Each database has its own limit to the values of one statement."""


def discard_claims(database: Database, which: Expression, now: datetime) -> int:
    """
    Within a transaction: make these claims discarded ones, due now, delete their quotes, and take the reasons out of
    the acts on them. How many they were.
    """
    ids = [row.quote_id for row in ClaimRow.select(ClaimRow.quote_id).where(which).execute(database)]
    if not ids:
        return 0
    # The claims first: their rows are what a reconciler locks, so none builds a quote after this.
    forgotten = discarded_changes(milliseconds(now)) | {"version": ClaimRow.version + 1}
    changed: int = ClaimRow.update(forgotten).where(which).execute(database)
    for batch in chunked(ids, _BATCH):
        ModelDelete(QuoteRow).where(QuoteRow.quote_id.in_(batch)).execute(database)
        ActRow.update(reason=None).where(ActRow.quote_id.in_(batch), ActRow.reason.is_null(False)).execute(database)
    return changed
