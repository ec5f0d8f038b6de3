from __future__ import annotations

from dataclasses import dataclass

from domain.claims import Cause, Claim
from domain.errors import DraftKeepsChanging, DraftUnreadable, NewerDraftUnusable, QuoteRefused
from domain.model import Draft, QuoteRef, StoredDraft
from domain.ports import Claims, QuoteStore

_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class FinishClaim:
    """Put a tombstone in the place of a claimed draft, and first merge a newer draft into the claim."""

    quotes: QuoteStore
    claims: Claims

    def __call__(self, claim: Claim) -> StoredDraft | None:
        """
        Return the newest draft that was merged, or None. Only the committed claim is needed, and the call may be
        repeated. If it raises, the draft stays in the store for a later pass.

        Raises: DraftUnreadable, DraftKeepsChanging, NewerDraftUnusable, Unavailable
        """
        taken, committed = None, claim.deletable_revision
        for _ in range(_ATTEMPTS):
            newer = self.quotes.finish_claim(claim.ref, committed, claim.undecodable_payload)
            if newer is None:
                return taken
            self._take_over(claim.ref, newer)
            taken, committed = newer, newer.revision
        raise DraftKeepsChanging(f"the draft was saved {_ATTEMPTS} times while its claim was finished")

    def _take_over(self, ref: QuoteRef, newer: StoredDraft) -> None:
        draft, unreadable = self._decoded(ref, newer)
        try:
            if not self.claims.take_newer(ref.quote_id, newer, draft):
                raise NewerDraftUnusable(newer, Cause.DRAFT_UNREADABLE, f"newer draft: {unreadable}")
        except QuoteRefused as error:
            raise NewerDraftUnusable(newer, Cause.QUOTE_REFUSED, f"newer draft: {error}") from error

    def _decoded(self, ref: QuoteRef, newer: StoredDraft) -> tuple[Draft | None, str]:
        """
        Return the draft, and the reason to report if it cannot be merged; None and the fault if it cannot be decoded.
        """
        try:
            return self.quotes.decode(ref, newer.raw), "the claim takes no draft in its state"
        except DraftUnreadable as error:
            return None, str(error)
