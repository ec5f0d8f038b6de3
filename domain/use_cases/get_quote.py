from __future__ import annotations

from dataclasses import dataclass

from domain.claiming.missing_draft import MissingDraft
from domain.model import Quote
from domain.ports import QuoteStore, QuoteTokens


@dataclass(frozen=True, slots=True)
class GetQuote:
    """Read a temporary quote, without restarting its TTL."""

    quotes: QuoteStore
    tokens: QuoteTokens
    missing: MissingDraft

    def __call__(self, quote_id: str, token: str) -> Quote:
        """
        Return the quote.

        Raises: QuoteNotFound, QuoteExpired, QuoteAlreadyClaimed, StoreUnavailable, DatabaseUnavailable
        """
        ref = self.tokens.verify(quote_id, token)
        with self.missing.explained(ref):
            return self.quotes.get(ref)
