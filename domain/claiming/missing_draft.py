"""What became of a quote that the store does not have: the database knows."""

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

    The store's "nothing there" is not an answer: a tombstone ends too. So the database is asked, everywhere.
    """

    claims: Claims
    clock: Clock
    lifetime: Lifetime

    @contextmanager
    def explained(self, ref: QuoteRef) -> Iterator[None]:
        """
        Turn what the store signals in this block into what the visitor is told.

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
            _log.error("the draft of quote %s cannot be read: %s", ref.quote_id, signal)
            raise StoreUnavailable(f"Quote {ref.quote_id} is stored in a form that cannot be read.") from signal
        except StoreUnavailable as outage:
            if not self.has_expired(ref):
                raise
            self.refuse_if_claimed(ref)
            raise QuoteExpired(ref.quote_id) from outage

    def refuse_if_claimed(self, ref: QuoteRef) -> None:
        """Raises: QuoteAlreadyClaimed, DatabaseUnavailable"""
        if owner := self.claims.with_account(ref.quote_id):
            raise QuoteAlreadyClaimed(ref.quote_id, owner.claim.status)

    def claim_of(self, ref: QuoteRef, *, tombstone: bool) -> ClaimWithAccount:
        """
        The claim of a quote whose draft is gone (or, with `tombstone`, marked as claimed).

        Raises: QuoteExpired, ClaimRecordLost, DatabaseUnavailable
        """
        owner = self.claims.with_account(ref.quote_id)
        if owner is None and tombstone:
            _log.critical("quote %s has a tombstone but no claim row: the database lost a commit", ref.quote_id)
            raise ClaimRecordLost(f"Quote {ref.quote_id} has a tombstone but no claim.")
        if owner is None:
            raise QuoteExpired(ref.quote_id)
        return owner

    def has_expired(self, ref: QuoteRef) -> bool:
        """Whether the quote is so old that no store can hold its draft."""
        return self.lifetime.has_expired(ref.quote_id, self.clock.now())
