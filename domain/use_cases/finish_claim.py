from __future__ import annotations

import logging
from dataclasses import dataclass

from domain.errors import DraftUnreadable
from domain.model import Draft, QuoteRef, Revision, StoredDraft
from domain.ports import Claims, QuoteStore

_log = logging.getLogger("quotehold.claims")
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class FinishClaim:
    """Put the tombstone where a claimed draft was, and take over what was saved after the claim read it."""

    quotes: QuoteStore
    claims: Claims

    def __call__(self, ref: QuoteRef, committed: Revision) -> None:
        """
        Driven by the committed claim alone; may be repeated. A draft that is saved again and again meanwhile, or
        cannot be read, is left for a later pass.

        Raises: Unavailable, QuoteRefused
        """
        for _ in range(_ATTEMPTS):
            try:
                newer = self.quotes.finish_claim(ref, committed)
            except DraftUnreadable as error:
                _log.error("the draft of claimed quote %s cannot be read (%s); left in the store", ref.quote_id, error)
                return
            if newer is None:
                return
            if not self.claims.take_newer(ref.quote_id, newer, self._decoded(ref, newer)):
                _log.error("quote %s has a newer draft that cannot be used; left in the store", ref.quote_id)
                return
            committed = newer.revision
        _log.warning("quote %s kept changing while its claim was finished; left for a later pass", ref.quote_id)

    def _decoded(self, ref: QuoteRef, newer: StoredDraft) -> Draft | None:
        try:
            return self.quotes.decode(ref, newer.raw)
        except DraftUnreadable as error:
            _log.error("the newer draft of quote %s cannot be read: %s", ref.quote_id, error)
            return None
