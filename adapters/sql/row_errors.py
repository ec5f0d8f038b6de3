"""A quote that the database will not take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import peewee

from adapters.sql.dialect import Dialect, Fault
from domain.errors import QuoteRefused


@contextmanager
def refusals(dialect: Dialect) -> Iterator[None]:
    """
    Errors in this block are about the quote's row alone.

    Raises: QuoteRefused, where they will not pass
    """
    try:
        yield
    except peewee.DatabaseError as error:
        if dialect.fault(error) in (Fault.CONFLICT, Fault.REFUSED):
            raise QuoteRefused(dialect.sentence(error)) from error
        raise
