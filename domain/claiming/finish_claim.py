from __future__ import annotations

from dataclasses import dataclass

from domain.claims import Cause, Claim
from domain.errors import DraftKeepsChanging, DraftUnreadable, NewerDraftUnusable, QuoteRefused
from domain.model import Draft, QuoteRef, StoredDraft
from domain.ports import Claims, QuoteStore

_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class FinishClaim:
    """Put the tombstone where a claimed draft was, and take over what was saved after the claim read it."""

    quotes: QuoteStore
    claims: Claims

    def __call__(self, claim: Claim) -> StoredDraft | None:
        """
        The newest draft that was taken over; None where there was none. Driven by the committed claim alone; may be
        repeated. Whatever is raised, the draft is left in the store, for a later pass.

        Raises: DraftUnreadable, DraftKeepsChanging, NewerDraftUnusable, Unavailable
        """
        taken, committed = None, claim.deletable_revision
        for _ in range(_ATTEMPTS):
            newer = self.quotes.finish_claim(claim.ref, committed, claim.undecodable_payload)
            if newer is None:
                return taken
            self._take_over(claim.ref, newer)
            taken, committed = newer, newer.revision
        raise DraftKeepsChanging(f"It was saved {_ATTEMPTS} times meanwhile.")

    def _take_over(self, ref: QuoteRef, newer: StoredDraft) -> None:
        draft, unreadable = self._decoded(ref, newer)
        try:
            if not self.claims.take_newer(ref.quote_id, newer, draft):
                raise NewerDraftUnusable(newer, Cause.DRAFT_UNREADABLE, f"newer draft: {unreadable}")
        except QuoteRefused as error:
            raise NewerDraftUnusable(newer, Cause.QUOTE_REFUSED, f"newer draft: {error}") from error

    def _decoded(self, ref: QuoteRef, newer: StoredDraft) -> tuple[Draft | None, str]:
        """The draft, or what is wrong with it: the raw bytes of it may be kept all the same."""
        try:
            return self.quotes.decode(ref, newer.raw), "the claim takes no draft in its state"
        except DraftUnreadable as error:
            return None, str(error)
