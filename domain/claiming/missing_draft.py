"""The fate of a quote that the store does not have, looked up in the database."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.claims import ClaimWithAccount
from domain.errors import (
    ClaimRecordLost,
    DraftClaimed,
    DraftGone,
    DraftUnreadable,
    QuoteAlreadyClaimed,
    QuoteExpired,
    StoreUnavailable,
)
from domain.model import Lifetime, QuoteRef
from domain.ports import Claims, Clock

_log = logging.getLogger("quotehold.alarm")


@dataclass(frozen=True, slots=True)
class MissingDraft:
    """
    Tells a claimed quote from an expired one.

    If the store has nothing, that proves nothing: a tombstone has a TTL too. So the database is always asked.
    """

    claims: Claims
    clock: Clock
    lifetime: Lifetime

    @contextmanager
    def explained(self, ref: QuoteRef) -> Iterator[None]:
        """
        Turn the store's signals in this block into errors for the visitor.

        Raises: QuoteAlreadyClaimed, QuoteExpired, StoreUnavailable, DatabaseUnavailable
        """
        try:
            yield
        except DraftClaimed as signal:
            raise QuoteAlreadyClaimed(ref.quote_id) from signal
        except DraftGone as signal:
            self.refuse_if_claimed(ref)
            raise QuoteExpired(ref.quote_id) from signal
        except DraftUnreadable as signal:
            _log.error("quote %s: its draft in the store is unreadable: %s", ref.quote_id, signal)
            raise StoreUnavailable(f"This version cannot read the stored draft of quote {ref.quote_id}.") from signal
        except StoreUnavailable as outage:
            if not self.has_expired(ref):
                raise
            self.refuse_if_claimed(ref)
            raise QuoteExpired(ref.quote_id) from outage

    def refuse_if_claimed(self, ref: QuoteRef) -> None:
        """
        Raise if the quote has a claim in the database.

        Raises: QuoteAlreadyClaimed, DatabaseUnavailable
        """
        if owner := self.claims.with_account(ref.quote_id):
            raise QuoteAlreadyClaimed(ref.quote_id, owner.claim.status)

    def claim_of(self, ref: QuoteRef, *, tombstone: bool) -> ClaimWithAccount:
        """
        Return the claim of a quote without a draft in the store. `tombstone` tells whether the store has a tombstone.

        Raises: QuoteExpired, ClaimRecordLost, DatabaseUnavailable
        """
        owner = self.claims.with_account(ref.quote_id)
        if owner is None and tombstone:
            _log.critical(
                "quote %s: restore its claim in SQL, which lost a commit: the store has a tombstone", ref.quote_id
            )
            raise ClaimRecordLost(
                f"Restore the claim of {ref.quote_id} in SQL: the store has its tombstone, and SQL has no claim."
            )
        if owner is None:
            raise QuoteExpired(ref.quote_id)
        return owner

    def has_expired(self, ref: QuoteRef) -> bool:
        """Return whether the quote is so old that no store can hold its draft."""
        return self.lifetime.has_expired(ref.quote_id, self.clock.now())
