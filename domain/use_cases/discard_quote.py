from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from domain.claiming.missing_draft import MissingDraft
from domain.errors import QuoteExpired
from domain.model import Revision
from domain.ports import QuoteStore, QuoteTokens


@dataclass(frozen=True, slots=True)
class DiscardQuote:
    """Delete a temporary quote. A repeat is a success too, so that a client can repeat it after a lost answer."""

    quotes: QuoteStore
    tokens: QuoteTokens
    missing: MissingDraft

    def __call__(self, quote_id: str, token: str, expected: Revision | None = None) -> None:
        """
        Delete the draft.

        Raises: QuoteNotFound, QuoteAlreadyClaimed, ClaimInProgress, RevisionMismatch, StoreUnavailable,
            DatabaseUnavailable
        """
        ref = self.tokens.verify(quote_id, token)
        # Ask the database first: a draft that is still in the store may be claimed already.
        self.missing.refuse_if_claimed(ref)
        with suppress(QuoteExpired), self.missing.explained(ref):
            self.quotes.discard(ref, expected)
