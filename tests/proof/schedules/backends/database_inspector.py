"""Inspectors of a database: read committed rows without the service's ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from peewee import ModelDelete

from adapters.sql.models import AccountRow, AuditRow, ClaimRow, QuoteRow
from adapters.sql.rows import account_of, audit_entry_of, claim_of, quote_of
from adapters.sql.transactions import Transactions
from domain.claims import Claim, ClaimedQuote
from domain.model import Account, QuoteId
from domain.repairing.audit import AuditEntry
from tests.doubles.database import FaultyDatabase

_TABLES = (QuoteRow, ClaimRow, AccountRow, AuditRow)


class DatabaseInspector(Protocol):
    """Committed rows, read without the ports."""

    def claim(self, quote_id: QuoteId) -> Claim | None: ...

    def quote(self, quote_id: QuoteId) -> ClaimedQuote | None: ...

    def claims(self) -> list[Claim]: ...

    def audit_log(self) -> list[AuditEntry]: ...

    def accounts(self) -> list[Account]: ...

    def dump(self) -> str: ...

    def clear(self) -> None:
        """Delete all rows."""


@dataclass
class InMemoryDatabaseInspector:
    database: FaultyDatabase

    def claim(self, quote_id: QuoteId) -> Claim | None:
        return self.database.claims.get(quote_id)

    def quote(self, quote_id: QuoteId) -> ClaimedQuote | None:
        return self.database.quotes.get(quote_id)

    def audit_log(self) -> list[AuditEntry]:
        return list(self.database.audit_entries)

    def claims(self) -> list[Claim]:
        return list(self.database.claims.values())

    def accounts(self) -> list[Account]:
        return list(self.database.accounts.values())

    def dump(self) -> str:
        found = self.database
        return repr((found.accounts, found.claims, found.quotes, found.audit_entries))

    def clear(self) -> None:
        for rows in (self.database.accounts, self.database.claims, self.database.quotes, self.database.audit_entries):
            rows.clear()


@dataclass
class SqlDatabaseInspector:
    transactions: Transactions

    def claim(self, quote_id: QuoteId) -> Claim | None:
        row = self._first(ClaimRow.select().where(ClaimRow.quote_id == quote_id))
        return None if row is None else claim_of(row)

    def quote(self, quote_id: QuoteId) -> ClaimedQuote | None:
        row = self._first(QuoteRow.select().where(QuoteRow.quote_id == quote_id))
        return None if row is None else quote_of(row)

    def audit_log(self) -> list[AuditEntry]:
        return [audit_entry_of(row) for row in self._all(AuditRow.select())]

    def claims(self) -> list[Claim]:
        return [claim_of(row) for row in self._all(ClaimRow.select())]

    def accounts(self) -> list[Account]:
        return [account_of(row) for row in self._all(AccountRow.select())]

    def dump(self) -> str:
        return repr([list(self._all(table.select().tuples())) for table in _TABLES])

    def clear(self) -> None:
        def delete(database: Any) -> None:
            for table in _TABLES:
                ModelDelete(table).execute(database)

        self.transactions.write(delete)

    def _first(self, query: Any) -> Any:
        return self.transactions.read(query.get_or_none)

    def _all(self, query: Any) -> list[Any]:
        return self.transactions.read(lambda database: list(query.execute(database)))
