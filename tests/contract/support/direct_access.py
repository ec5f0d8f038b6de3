"""What a test does to a database past the ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from domain.model import QuoteId
from tests.contract.support.sql_backends import SqlBackend
from tests.doubles.database import FaultyDatabase


class Outside(Protocol):
    def refuse_quotes(self, when: str) -> None:
        """Take no quote's row any more, on INSERT or UPDATE."""

    def lose_claim(self, quote_id: QuoteId) -> None:
        """As a database does that loses a commit, though of one row only."""


@dataclass(frozen=True, slots=True)
class MemoryOutside:
    database: FaultyDatabase

    def refuse_quotes(self, when: str) -> None:
        self.database.refuse_quotes = True

    def lose_claim(self, quote_id: QuoteId) -> None:
        del self.database.claims[quote_id]


@dataclass(frozen=True, slots=True)
class SqlOutside:
    backend: SqlBackend

    def refuse_quotes(self, when: str) -> None:
        self.backend.refuse(when, "quote")

    def lose_claim(self, quote_id: QuoteId) -> None:
        self.backend.execute(f"DELETE FROM claim WHERE quote_id = '{quote_id}'")  # noqa: S608 - an id of a test
