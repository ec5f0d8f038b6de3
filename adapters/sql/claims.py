from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peewee import JOIN, Database, ModelSelect, fn

from adapters.sql import schema
from adapters.sql.erasure import discard_claims
from adapters.sql.models import AccountRow, ClaimRow, QuoteRow
from adapters.sql.row_errors import refusals
from adapters.sql.rows import account_of, account_row, claim_of, claim_row, details_text, quote_of, quote_row
from adapters.sql.transactions import Transactions
from domain.claims import ClaimedQuote, ClaimPosition, ClaimState, ClaimWithAccount, ClaimWithQuote, Cleanup, NewClaim
from domain.errors import DatabaseOutdated
from domain.model import AccountId, Draft, QuoteId, StoredDraft, milliseconds
from domain.ports import Claims, Clock


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
            # Before the quote, so that a later error is about the quote's own row.
            ClaimRow.insert(claim).execute(database)
            if quote:
                with refusals(self.transactions.database.dialect):
                    QuoteRow.insert(quote).execute(database)

        self.transactions.write(insert)

    def with_account(self, quote_id: QuoteId) -> ClaimWithAccount | None:
        def find(database: Database) -> ClaimRow | None:
            query = ClaimRow.select(ClaimRow, AccountRow).left_outer_join(AccountRow)
            return query.where(ClaimRow.quote_id == quote_id).get_or_none(database)

        row = self.transactions.read(find)
        if row is None:
            return None
        return ClaimWithAccount(claim_of(row), None if row.account is None else account_of(row.account))

    def quote(self, quote_id: QuoteId) -> ClaimedQuote | None:
        def find(database: Database) -> QuoteRow | None:
            return QuoteRow.select().where(QuoteRow.quote_id == quote_id).get_or_none(database)

        row = self.transactions.read(find)
        return None if row is None else quote_of(row)

    def with_quote(self, quote_id: QuoteId) -> ClaimWithQuote | None:
        query = _with_quotes().where(ClaimRow.quote_id == quote_id)
        row = self.transactions.read(query.get_or_none)
        return None if row is None else _owned(row)

    def of_account(self, account_id: AccountId, after: ClaimPosition | None, limit: int) -> list[ClaimWithQuote]:
        query = _with_quotes().where(ClaimRow.account == account_id)
        if after is not None:
            claimed_at = milliseconds(after.claimed_at)
            same = (ClaimRow.created_at == claimed_at) & (ClaimRow.quote_id < after.quote_id)
            # The first condition is redundant, but only it leads a database into the index.
            query = query.where(ClaimRow.created_at <= claimed_at, (ClaimRow.created_at < claimed_at) | same)
        query = query.order_by(ClaimRow.created_at.desc(), ClaimRow.quote_id.desc()).limit(limit)
        return [_owned(row) for row in self.transactions.read(lambda database: list(query.execute(database)))]

    def discard(self, quote_id: QuoteId, account_id: AccountId, now: datetime) -> bool:
        is_theirs = (ClaimRow.quote_id == quote_id) & (ClaimRow.account == account_id)
        was_theirs = False

        def forget(database: Database) -> bool:
            nonlocal was_theirs
            # A repeat after a COMMIT without an answer finds nothing, so the result of the first run counts.
            was_theirs = bool(discard_claims(database, is_theirs, now)) or was_theirs
            return was_theirs

        return self.transactions.write(forget)

    def take_newer(self, quote_id: QuoteId, stored: StoredDraft, draft: Draft | None) -> bool:
        details = details_text(draft.details) if draft else None
        now = milliseconds(self.clock.now())
        older = (ClaimRow.quote_id == quote_id) & (ClaimRow.source_revision < stored.revision)
        raised = {
            "source_revision": stored.revision,
            "cleanup": Cleanup.PENDING.value,
            "finished_at": None,
            "next_at": fn.COALESCE(ClaimRow.next_at, now),
            "updated_at": now,
        }
        kept = raised | {"payload": stored.raw}
        revived = kept | {"state": ClaimState.RETRY.value, "attempts": 0, "next_at": now}

        def merge(database: Database) -> bool:
            # Lock the row, so that its state stays, and a slower merge of an older draft changes nothing.
            ClaimRow.update(source_revision=ClaimRow.source_revision).where(older).execute(database)
            if details is not None:
                done = ClaimRow.update(raised).where(older, ClaimRow.state == ClaimState.DONE.value)
                if done.execute(database):
                    self._replace(database, quote_id, stored, details)
            ClaimRow.update(kept).where(older, ClaimRow.state == ClaimState.RETRY.value).execute(database)
            ClaimRow.update(revived).where(older, ClaimRow.state == ClaimState.DEAD.value).execute(database)
            row = ClaimRow.select(ClaimRow.source_revision).where(ClaimRow.quote_id == quote_id).get_or_none(database)
            return row is not None and row.source_revision >= stored.revision

        return self.transactions.write(merge)

    def check(self) -> None:
        if missing := schema.pending(self.transactions.database):
            raise DatabaseOutdated(f"Run `quotes migrate`: the database lacks {', '.join(missing)}.")

    def _replace(self, database: Database, quote_id: QuoteId, stored: StoredDraft, details: str) -> None:
        changes = {"details": details, "source_revision": stored.revision}
        with refusals(self.transactions.database.dialect):
            QuoteRow.update(changes).where(QuoteRow.quote_id == quote_id).execute(database)


def _with_quotes() -> ModelSelect[ClaimRow]:
    same_id = ClaimRow.quote_id == QuoteRow.quote_id
    query: ModelSelect[ClaimRow] = ClaimRow.select(ClaimRow, QuoteRow)
    return query.join(QuoteRow, JOIN.LEFT_OUTER, on=same_id, attr="built")


def _owned(row: ClaimRow) -> ClaimWithQuote:
    quote = getattr(row, "built", None)
    return ClaimWithQuote(claim_of(row), None if quote is None else quote_of(quote))
