from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DraftGone, RevisionMismatch, StoreUnavailable
from domain.model import Details, Quote, QuoteToken
from domain.ports import Ids, QuoteStore, QuoteTokens


@dataclass(frozen=True, slots=True)
class Started(Quote):
    """A new quote with its token, which is shown this once."""

    token: QuoteToken


@dataclass(frozen=True, slots=True)
class StartQuote:
    """Begin a temporary quote."""

    quotes: QuoteStore
    tokens: QuoteTokens
    ids: Ids

    def __call__(self, product: str | None, details: Details) -> Started:
        """
        A store that calls the new quote too old, or its name taken, cannot be used: their clocks are far apart.

        Raises: DetailsTooLarge, StoreFull, StoreUnavailable
        """
        quote_id = self.ids.quote_id()
        ref, token = self.tokens.issue(quote_id)
        try:
            saved = self.quotes.create(ref, self.ids.save_id(), product, details)
        except (DraftGone, RevisionMismatch) as error:
            raise StoreUnavailable(f"The store does not take the new quote {quote_id}: compare the clocks.") from error
        return Started(quote_id, saved.product, details, saved.revision, saved.expires_at, token)
