"""The in-memory database with faults that a test switches on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from adapters.memory.database import MemoryDatabase
from domain.claims import ClaimedQuote
from domain.errors import CommitUnknown, DatabaseUnavailable, QuoteRefused


@dataclass
class FaultyDatabase(MemoryDatabase):
    """
    The in-memory database with three switches.

    `is_down` refuses every call. `refuse_quotes` refuses the row of a quote. `lose_next_commit` makes the next write
    raise CommitUnknown, after the write was "applied" or "dropped".
    """

    is_down: bool = False
    refuse_quotes: bool = False
    lose_next_commit: Literal["applied", "dropped"] | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        if self.is_down:
            raise DatabaseUnavailable("The database is down.")
        with super().reading():
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        with super().writing():
            yield
            fate, self.lose_next_commit = self.lose_next_commit, None
            if fate == "dropped":  # raised within the transaction, which it undoes
                raise CommitUnknown("The commit was dropped, and its answer lost.")
        if fate == "applied":
            raise CommitUnknown("The commit was applied, and its answer lost.")

    def put_quote(self, quote: ClaimedQuote) -> None:
        if self.refuse_quotes:
            raise QuoteRefused("The quote's row is refused.")
        super().put_quote(quote)
