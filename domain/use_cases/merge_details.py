from __future__ import annotations

from dataclasses import dataclass

from domain.claiming.missing_draft import MissingDraft
from domain.errors import RevisionMismatch, SaveConflict
from domain.merge_patch import merge_patch
from domain.model import Details, Quote, QuoteRef, Revision
from domain.ports import Ids, QuoteStore, QuoteTokens

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class MergeDetails:
    """Change members of a quote's details (JSON Merge Patch, RFC 7396), and restart its TTL."""

    quotes: QuoteStore
    tokens: QuoteTokens
    ids: Ids
    missing: MissingDraft

    def __call__(self, quote_id: str, token: str, patch: Details, expected: Revision | None = None) -> Quote:
        """
        Return the quote with the changes. With `expected`, the merge happens on that revision or not at all. Without
        it, the merge is repeated, a few times, on details that were saved meanwhile.

        Raises: the errors of SaveDetails, and SaveConflict
        """
        ref = self.tokens.verify(quote_id, token)
        with self.missing.explained(ref):
            for _ in range(_ATTEMPTS):
                quote = self.quotes.get(ref)
                if expected not in (None, quote.revision):
                    raise RevisionMismatch(quote.revision)
                try:
                    return self._save(ref, quote, patch)
                except RevisionMismatch:
                    if expected is not None:
                        raise
        raise SaveConflict("Send the patch again: others kept saving this quote.")

    def _save(self, ref: QuoteRef, quote: Quote, patch: Details) -> Quote:
        details = merge_patch(quote.details, patch)
        saved = self.quotes.save(ref, self.ids.save_id(), details, quote.revision)
        return Quote(ref.quote_id, saved.product, details, saved.revision, saved.expires_at)
