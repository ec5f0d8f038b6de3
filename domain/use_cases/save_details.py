from __future__ import annotations

from dataclasses import dataclass

from domain.claiming.missing_draft import MissingDraft
from domain.model import Details, Quote, Revision
from domain.ports import Ids, QuoteStore, QuoteTokens


@dataclass(frozen=True, slots=True)
class SaveDetails:
    """Replace a quote's details as a whole, and restart its TTL."""

    quotes: QuoteStore
    tokens: QuoteTokens
    ids: Ids
    missing: MissingDraft

    def __call__(self, quote_id: str, token: str, details: Details, expected: Revision | None = None) -> Quote:
        """
        Return the quote with the new details.

        Raises: QuoteNotFound, QuoteExpired, QuoteAlreadyClaimed, ClaimInProgress, RevisionMismatch, DetailsTooLarge,
            StoreFull, StoreUnavailable, DatabaseUnavailable
        """
        ref = self.tokens.verify(quote_id, token)
        with self.missing.explained(ref):
            saved = self.quotes.save(ref, self.ids.save_id(), details, expected)
        return Quote(ref.quote_id, saved.product, details, saved.revision, saved.expires_at)
