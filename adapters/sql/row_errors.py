"""Errors of a quote's row that the database refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import peewee

from adapters.sql.dialect import Dialect, Fault
from domain.errors import QuoteRefused


@contextmanager
def refusals(dialect: Dialect) -> Iterator[None]:
    """
    Translate errors in the block, which must be about the quote's row alone.

    Raises: QuoteRefused (the database will never take this row)
    """
    try:
        yield
    except peewee.DatabaseError as error:
        if dialect.fault(error) in (Fault.CONFLICT, Fault.REFUSED):
            raise QuoteRefused(dialect.sentence(error)) from error
        raise
