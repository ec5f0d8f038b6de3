"""Access to a database past the ports, by which a test lets it refuse or lose rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from domain.model import QuoteId
from tests.contract.support.sql_backends import SqlBackend
from tests.doubles.database import FaultyDatabase


class DirectAccess(Protocol):
    def refuse_quotes(self, when: str) -> None:
        """Let the database refuse each quote's row, on INSERT or UPDATE."""

    def lose_claim(self, quote_id: QuoteId) -> None:
        """Delete one claim, as if the database had lost its commit."""


@dataclass(frozen=True, slots=True)
class MemoryDirectAccess:
    database: FaultyDatabase

    def refuse_quotes(self, when: str) -> None:
        self.database.refuse_quotes = True

    def lose_claim(self, quote_id: QuoteId) -> None:
        del self.database.claims[quote_id]


@dataclass(frozen=True, slots=True)
class SqlDirectAccess:
    backend: SqlBackend

    def refuse_quotes(self, when: str) -> None:
        self.backend.refuse(when, "quote")

    def lose_claim(self, quote_id: QuoteId) -> None:
        self.backend.execute(f"DELETE FROM claim WHERE quote_id = '{quote_id}'")  # noqa: S608 - an id of a test
