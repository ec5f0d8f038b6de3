from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.claiming.missing_draft import MissingDraft
from domain.claims import Cause, Claim, ClaimedQuote, ClaimState
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

_log = logging.getLogger("quotehold.claims")


@dataclass(frozen=True, slots=True)
class FetchDraft:
    """
    Fetch the draft for a claim, also while the store is read-only or unreachable, and build claim and quote from it.

    `repair_delay` is the time after the commit before a reconciler first looks at the claim.
    """

    quotes: QuoteStore
    missing: MissingDraft
    repair_delay: timedelta

    def freeze_or_defer(self, ref: QuoteRef, attempt: ClaimToken, expected: Revision | None) -> StoredDraft | None:
        """
        Return the draft, or None if the store is unreachable: then the draft has to be fetched after the commit. With
        `expected`, raise instead of returning None, because the revision cannot be compared.

        Raises: DraftGone, DraftClaimed, ClaimInProgress, RevisionMismatch, StoreUnavailable
        """
        try:
            return self.freeze_or_read(ref, attempt, expected)
        except (StoreUnavailable, StoreFull) as outage:
            if self.missing.has_expired(ref):
                raise DraftGone from outage
            if expected is not None:
                raise
            _log.warning("quote %s: claim goes on without the draft, which is fetched later: %s", ref.quote_id, outage)
            return None

    def freeze_or_read(self, ref: QuoteRef, attempt: ClaimToken, expected: Revision | None) -> StoredDraft:
        """
        Return the draft, frozen for this attempt. If the store takes no writes, return it unfrozen: a claim is safe
        without the freeze (docs/protocol.md, 1.1).

        Raises: DraftGone, DraftClaimed, ClaimInProgress, RevisionMismatch, StoreUnavailable, StoreFull
        """
        try:
            return _comparable(self.quotes.begin_claim(ref, attempt, expected), expected)
        except (StoreReadOnly, StoreFull) as outage:
            return self._unfrozen(ref, expected, outage)

    def new_claim(self, ref: QuoteRef, account_id: AccountId, now: datetime) -> Claim:
        """Return a new claim, with its draft still to be fetched."""
        return Claim(
            quote_id=ref.quote_id,
            key_id=ref.key_id,
            account_id=account_id,
            state=ClaimState.FETCH_PENDING,
            source_revision=NO_REVISION,
            created_at=now,
            next_at=now + self.repair_delay,
        )

    def build(self, claim: Claim, stored: StoredDraft) -> tuple[Claim, ClaimedQuote | None]:
        """Return the claim for this draft, with its quote if one can be built."""
        owner = claim.account_id
        if owner is None:
            raise ValueError(f"claim {claim.quote_id} has no owner, so no quote can be built for it")
        claim = replace(claim, source_revision=stored.revision)
        try:
            draft = self.quotes.decode(claim.ref, stored.raw)
        except DraftUnreadable as error:
            return claim.for_repair(stored.raw, Cause.DRAFT_UNREADABLE, str(error)), None
        return claim.done(), ClaimedQuote(
            quote_id=claim.quote_id,
            account_id=owner,
            product=draft.product,
            details=draft.details,
            source_revision=stored.revision,
            created_at=started_at(claim.quote_id),
            claimed_at=claim.created_at,
        )

    def _unfrozen(self, ref: QuoteRef, expected: Revision | None, outage: StoreReadOnly | StoreFull) -> StoredDraft:
        try:
            stored = _comparable(self.quotes.peek(ref), expected)
        except (DraftGone, StoreUnavailable):
            raise outage from None  # a server that takes no writes may lag, so "gone" proves nothing
        if expected not in (None, stored.revision):
            raise RevisionMismatch(stored.revision) from outage
        return stored


def _comparable(stored: StoredDraft, expected: Revision | None) -> StoredDraft:
    if expected is not None and stored.revision == NO_REVISION:
        raise StoreUnavailable("The draft is unreadable, so it has no revision to compare with If-Match.")
    return stored
