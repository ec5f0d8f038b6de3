from __future__ import annotations

from dataclasses import dataclass

from peewee import Database

from adapters.sql.models import AccountRow
from adapters.sql.rows import account_of
from adapters.sql.transactions import Transactions
from domain.model import Account
from domain.ports import Accounts


@dataclass(frozen=True, slots=True)
class SqlAccounts(Accounts):
    transactions: Transactions

    def with_email(self, email_key: str) -> Account | None:
        def find(database: Database) -> AccountRow | None:
            return AccountRow.select().where(AccountRow.email_key == email_key).get_or_none(database)

        row = self.transactions.read(find)
        return None if row is None else account_of(row)
