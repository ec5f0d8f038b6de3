from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peewee import Database, ModelDelete

from adapters.sql.models import AccountRow, ClaimRow, QuoteRow
from adapters.sql.rows import account_of, discarded_changes
from adapters.sql.transactions import Transactions
from domain.model import Account, AccountId, milliseconds
from domain.ports import Accounts


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

        return self.transactions.write(delete)
