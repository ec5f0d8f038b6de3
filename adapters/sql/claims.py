from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import peewee
from peewee import Database

from adapters.sql import schema
from adapters.sql.dialect import Fault
from adapters.sql.models import AccountRow, ClaimRow, QuoteRow
from adapters.sql.rows import account_of, account_row, claim_of, claim_row, details_text, quote_of, quote_row
from adapters.sql.transactions import Transactions
from domain.claims import ClaimedQuote, ClaimOwner, ClaimState, NewClaim
from domain.errors import DatabaseOutdated, QuoteRefused
from domain.model import Draft, QuoteId, StoredDraft, milliseconds
from domain.ports import Claims, Clock

_KEEPS_PAYLOAD = (ClaimState.RETRY.value, ClaimState.DEAD.value)


@dataclass(frozen=True, slots=True)
class SqlClaims(Claims):
    transactions: Transactions
    clock: Clock

    def add(self, new: NewClaim) -> None:
        account = account_row(new.account) if new.account else None
        claim = claim_row(new.claim)
        quote = quote_row(new.quote) if new.quote else None

        def insert(database: Database) -> None:
            if account:
                AccountRow.insert(account).execute(database)
            # Before the quote: an error after this one is about the quote's own row.
            ClaimRow.insert(claim).execute(database)
            if quote:
                with self._refusals():
                    QuoteRow.insert(quote).execute(database)

        self.transactions.write(insert)

    def owner(self, quote_id: QuoteId) -> ClaimOwner | None:
        def find(database: Database) -> ClaimRow | None:
            query = ClaimRow.select(ClaimRow, AccountRow).left_outer_join(AccountRow)
            return query.where(ClaimRow.quote_id == quote_id).get_or_none(database)

        row = self.transactions.read(find)
        if row is None:
            return None
        return ClaimOwner(claim_of(row), None if row.account is None else account_of(row.account))

    def quote(self, quote_id: QuoteId) -> ClaimedQuote | None:
        def find(database: Database) -> QuoteRow | None:
            return QuoteRow.select().where(QuoteRow.quote_id == quote_id).get_or_none(database)

        row = self.transactions.read(find)
        return None if row is None else quote_of(row)

    def take_newer(self, quote_id: QuoteId, stored: StoredDraft, draft: Draft | None) -> bool:
        details = details_text(draft.details) if draft else None
        now = milliseconds(self.clock.now())
        older = (ClaimRow.quote_id == quote_id) & (ClaimRow.source_revision < stored.revision)
        raised = {"source_revision": stored.revision, "updated_at": now}

        def merge(database: Database) -> bool:
            # Conditional updates, not a read first: they lock the row, so a slower and older merge changes nothing.
            if details is not None:
                done = ClaimRow.update(raised).where(older, ClaimRow.state == ClaimState.DONE.value)
                if done.execute(database):
                    self._replace(database, quote_id, stored, details)
            kept = ClaimRow.update({**raised, "payload": stored.raw})
            kept.where(older, ClaimRow.state.in_(_KEEPS_PAYLOAD)).execute(database)
            row = ClaimRow.select(ClaimRow.source_revision).where(ClaimRow.quote_id == quote_id).get_or_none(database)
            return row is not None and row.source_revision >= stored.revision

        return self.transactions.write(merge)

    def check(self) -> None:
        if missing := schema.pending(self.transactions.database):
            raise DatabaseOutdated(f"The database lacks {', '.join(missing)}: run `quotes migrate`.")

    def _replace(self, database: Database, quote_id: QuoteId, stored: StoredDraft, details: str) -> None:
        changes = {"details": details, "source_revision": stored.revision}
        with self._refusals():
            QuoteRow.update(changes).where(QuoteRow.quote_id == quote_id).execute(database)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Errors in here are about the quote's row alone. Raises: QuoteRefused, where they will not pass."""
        try:
            yield
        except peewee.DatabaseError as error:
            dialect = self.transactions.database.dialect
            if dialect.fault(error) in (Fault.CONFLICT, Fault.REFUSED):
                raise QuoteRefused(dialect.sentence(error)) from error
            raise
