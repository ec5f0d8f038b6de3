from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DraftGone, RevisionMismatch, StoreUnavailable
from domain.model import Details, Quote, QuoteToken
from domain.ports import Ids, QuoteStore, QuoteTokens


@dataclass(frozen=True, slots=True)
class Started(Quote):
    """A new quote with its token, which is shown only once."""

    token: QuoteToken


@dataclass(frozen=True, slots=True)
class StartQuote:
    """Begin a temporary quote."""

    quotes: QuoteStore
    tokens: QuoteTokens
    ids: Ids

    def __call__(self, product: str | None, details: Details) -> Started:
        """
        Return the new quote. If the store calls it too old, or its name taken, the clocks of store and service are far
        apart, and the store cannot be used.

        Raises: DetailsTooLarge, StoreFull, StoreUnavailable
        """
        quote_id = self.ids.quote_id()
        ref, token = self.tokens.issue(quote_id)
        try:
            saved = self.quotes.create(ref, self.ids.save_id(), product, details)
        except (DraftGone, RevisionMismatch) as error:
            raise StoreUnavailable(
                f"Compare the clocks of service and store: it refuses the new quote {quote_id}."
            ) from error
        return Started(quote_id, saved.product, details, saved.revision, saved.expires_at, token)
