from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from peewee import Database, ModelDelete

from adapters.sql.models import AccountRow, ClaimRow, QuoteRow
from adapters.sql.rows import account_of, discarded_changes
from adapters.sql.transactions import Transactions
from domain.errors import ClaimConflict, DatabaseUnavailable
from domain.model import Account, AccountId, milliseconds
from domain.ports import Accounts

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class SqlAccounts(Accounts):
    transactions: Transactions

    def with_email(self, email_key: str) -> Account | None:
        def find(database: Database) -> AccountRow | None:
            return AccountRow.select().where(AccountRow.email_key == email_key).get_or_none(database)

        row = self.transactions.read(find)
        return None if row is None else account_of(row)

    def erase(self, account_id: AccountId, now: datetime) -> bool:
        def delete(database: Database) -> bool:
            # The claims first: their rows are what a reconciler locks, so none builds a quote after this.
            forgotten = discarded_changes(milliseconds(now)) | {"version": ClaimRow.version + 1}
            ClaimRow.update(forgotten).where(ClaimRow.account == account_id).execute(database)
            ModelDelete(QuoteRow).where(QuoteRow.account == account_id).execute(database)
            return bool(ModelDelete(AccountRow).where(AccountRow.account_id == account_id).execute(database))

        for _ in range(_ATTEMPTS):
            # A claim that is committed meanwhile stands in the way; the next attempt finds it.
            with suppress(ClaimConflict):
                return self.transactions.write(delete)
        raise DatabaseUnavailable(f"Account {account_id} kept claiming quotes while it was erased.")
