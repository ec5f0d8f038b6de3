"""What it takes to forget the owner of claims: the same for one claim and for an account."""

from __future__ import annotations

from datetime import datetime

from peewee import Database, Expression, ModelDelete, chunked

from adapters.sql.models import ActRow, ClaimRow, QuoteRow
from adapters.sql.rows import act_of, act_row, discarded_changes
from domain.model import milliseconds

_BATCH = 500
"""Each database has its own limit to the values of one statement."""


def discard_claims(database: Database, which: Expression, now: datetime) -> int:
    """
    Within a transaction: make these claims discarded ones, due now, delete their quotes, and forget the acts on them.
    How many they were.
    """
    ids = [row.quote_id for row in ClaimRow.select(ClaimRow.quote_id).where(which).execute(database)]
    if not ids:
        return 0
    # The claims first: their rows are what a reconciler locks, so none builds a quote after this.
    forgotten = discarded_changes(milliseconds(now)) | {"version": ClaimRow.version + 1}
    changed: int = ClaimRow.update(forgotten).where(which).execute(database)
    for batch in chunked(ids, _BATCH):
        ModelDelete(QuoteRow).where(QuoteRow.quote_id.in_(batch)).execute(database)
        forget_acts(database, ActRow.quote_id.in_(batch))
    return changed


def forget_acts(database: Database, which: Expression) -> None:
    """Within a transaction: take out of these acts what may speak of a customer."""
    for row in list(ActRow.select().where(which).execute(database)):
        forgotten = act_row(act_of(row).forgotten())
        ActRow.update(forgotten).where(ActRow.act_id == row.act_id).execute(database)
