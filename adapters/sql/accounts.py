from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peewee import Database, Expression, ModelDelete

from adapters.sql.erasure import anonymise_entries, discard_claims
from adapters.sql.models import AccountRow, AuditRow, ClaimRow
from adapters.sql.rows import account_of
from adapters.sql.transactions import Transactions
from domain.errors import ClaimConflict, DatabaseUnavailable, Signal
from domain.model import Account, AccountId
from domain.ports import Accounts

_ATTEMPTS = 5


class _NotThere(Signal):
    """Undoes the transaction if the account does not exist, or has another credentials version."""


@dataclass(frozen=True, slots=True)
class SqlAccounts(Accounts):
    transactions: Transactions

    def find(self, account_id: AccountId) -> Account | None:
        return self._one(AccountRow.account_id == account_id)

    def with_email(self, email_key: str) -> Account | None:
        return self._one(AccountRow.email_key == email_key)

    def put_credentials(self, before: Account, after: Account) -> bool:
        changes = {"password_hash": after.password_hash, "credentials_version": after.credentials_version}

        def put(database: Database) -> bool:
            if AccountRow.update(changes).where(_has_credentials(before)).execute(database):
                return True
            # Or an earlier run was committed, and the answer to its COMMIT was lost.
            return AccountRow.select().where(_has_credentials(after)).get_or_none(database) is not None

        return self.transactions.write(put)

    def erase(self, account_id: AccountId, now: datetime, credentials_version: int | None = None) -> bool:
        which = AccountRow.account_id == account_id
        if credentials_version is not None:
            which &= AccountRow.credentials_version == credentials_version
        was_there = False

        def delete(database: Database) -> None:
            nonlocal was_there
            discard_claims(database, ClaimRow.account == account_id, now)
            # Also the entries on a claim that an operator discarded: that claim has no owner any more.
            anonymise_entries(database, AuditRow.account_id == account_id)
            if not ModelDelete(AccountRow).where(which).execute(database):
                raise _NotThere
            was_there = True

        for _ in range(_ATTEMPTS):
            try:
                self.transactions.write(delete)
            except ClaimConflict:
                continue  # A claim that was committed meanwhile refers to the account; the next attempt finds it.
            except _NotThere:
                # Or an earlier run was committed and its answer lost: then the repeat finds nothing.
                return was_there and self.find(account_id) is None
            return True
        raise DatabaseUnavailable(f"Try again: account {account_id} kept claiming quotes while it was erased.")

    def _one(self, which: Expression) -> Account | None:
        row = self.transactions.read(AccountRow.select().where(which).get_or_none)
        return None if row is None else account_of(row)


def _has_credentials(account: Account) -> Expression:
    """Return the condition of this account with this password hash and credentials version."""
    return (
        (AccountRow.account_id == account.account_id)
        & (AccountRow.password_hash == account.password_hash)
        & (AccountRow.credentials_version == account.credentials_version)
    )
