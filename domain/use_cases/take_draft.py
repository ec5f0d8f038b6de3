from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.claims import Claim, ClaimedQuote, ClaimState
from domain.errors import (
    DraftGone,
    DraftUnreadable,
    RevisionMismatch,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
)
from domain.model import NO_REVISION, AccountId, ClaimToken, QuoteRef, Revision, StoredDraft, started_at
from domain.ports import QuoteStore
from domain.use_cases.afterlife import Afterlife

_log = logging.getLogger("quotehold.claims")

FIRST_LOOK = timedelta(seconds=30)
"""How long a claim has to tidy up after itself before a reconciler looks at it: longer than any request."""


@dataclass(frozen=True, slots=True)
class TakeDraft:
    """Get hold of the draft for a claim, whatever state the store is in, and build from it what is committed."""

    quotes: QuoteStore
    afterlife: Afterlife

    def freeze(self, ref: QuoteRef, attempt: ClaimToken, expected: Revision | None) -> StoredDraft | None:
        """
        The draft; None where the store is out of reach, so that it has to be fetched after the commit. A caller who
        expects a revision cannot be served blind.

        Raises: DraftGone, DraftClaimed, ClaimInProgress, RevisionMismatch, StoreUnavailable
        """
        try:
            return _comparable(self.quotes.begin_claim(ref, attempt, expected), expected)
        except (StoreReadOnly, StoreFull) as outage:
            return self._unfrozen(ref, expected, outage)
        except StoreUnavailable as outage:
            self._allow_later(ref, expected, outage)
            return None

    def build(
        self, ref: QuoteRef, account_id: AccountId, stored: StoredDraft | None, now: datetime
    ) -> tuple[Claim, ClaimedQuote | None]:
        """The claim of this draft, with its quote if one can be built."""
        if stored is None:
            return _claim(ref, account_id, ClaimState.FETCH_PENDING, NO_REVISION, now), None
        claim = _claim(ref, account_id, ClaimState.DONE, stored.revision, now)
        try:
            draft = self.quotes.decode(ref, stored.raw)
        except DraftUnreadable as error:
            _log.error("the draft of quote %s cannot be read, it is kept for repair: %s", ref.quote_id, error)
            return claim.for_repair(stored.raw, f"draft unreadable: {error}"), None
        return claim, ClaimedQuote(
            quote_id=ref.quote_id,
            account_id=account_id,
            product=draft.product,
            details=draft.details,
            source_revision=stored.revision,
            created_at=started_at(ref.quote_id),
            claimed_at=now,
        )

    def _unfrozen(
        self, ref: QuoteRef, expected: Revision | None, outage: StoreReadOnly | StoreFull
    ) -> StoredDraft | None:
        # The freeze is no safety device: a store that only reads is good enough.
        try:
            stored = _comparable(self.quotes.peek(ref), expected)
        except (DraftGone, StoreUnavailable):
            self._allow_later(ref, expected, outage)
            return None
        if expected not in (None, stored.revision):
            raise RevisionMismatch(stored.revision) from outage
        return stored

    def _allow_later(self, ref: QuoteRef, expected: Revision | None, outage: StoreUnavailable | StoreFull) -> None:
        if self.afterlife.is_over(ref):
            raise DraftGone from outage
        if expected is not None:
            raise outage
        _log.warning("quote %s is claimed while the store is away (%s); its draft follows", ref.quote_id, outage)


def _comparable(stored: StoredDraft, expected: Revision | None) -> StoredDraft:
    if expected is not None and stored.revision == NO_REVISION:
        raise StoreUnavailable("The draft cannot be read, so its revision cannot be compared.")
    return stored


def _claim(ref: QuoteRef, account_id: AccountId, state: ClaimState, revision: Revision, now: datetime) -> Claim:
    return Claim(
        quote_id=ref.quote_id,
        key_id=ref.key_id,
        account_id=account_id,
        state=state,
        source_revision=revision,
        created_at=now,
        next_at=now + FIRST_LOOK,
    )
