from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from domain.claims import Cause, Claim, ClaimState, Cleanup
from domain.errors import DetailsTooLarge, DraftNotSeen, DraftPurged, DraftUnreadable, ReplacementRefused
from domain.model import Draft, QuoteRef, Revision, milliseconds
from domain.ports import Clock, QuoteStore
from domain.repairing.audit import AuditAction, Operator
from domain.repairing.change_claim import Change, ChangeClaim


@dataclass(frozen=True, slots=True)
class RetryClaim:
    """Let the reconciler try again, from the first attempt on, with a repaired draft if one is given."""

    change: ChangeClaim
    quotes: QuoteStore
    clock: Clock

    def __call__(
        self, quote_id: str, operator: Operator, replacement: Draft | None = None, replaces: str | None = None
    ) -> Claim:
        """
        Return the claim, due now. A retry can never make a second quote, because quote and claim have the same key.

        `replacement` replaces the payload of the claim. A draft that was saved after the claim is newer and wins. If
        the payload can be decoded, `replaces` must be the beginning of its SHA-256, as a proof that the operator saw
        it.

        Raises: ClaimNotFound, ClaimNotOpen, DraftPurged, ReplacementRefused, DraftNotSeen, ClaimContended,
            DatabaseUnavailable
        """

        def again(claim: Claim) -> Change:
            if replacement is not None:
                claim = self._with_replacement(claim, replacement, replaces)
            elif claim.cause is Cause.PURGED:
                raise DraftPurged(claim.quote_id)
            state = ClaimState.FETCH_PENDING if claim.payload is None else ClaimState.RETRY
            # The clean-up passes begin anew, and with them the retention of the payload.
            again = replace(claim, state=state, attempts=0, cleanup=Cleanup.PENDING, finished_at=None)
            return replace(again, next_at=self.clock.now()), None

        return self.change(quote_id, AuditAction.RETRY, operator, again)

    def _with_replacement(self, claim: Claim, replacement: Draft, replaces: str | None) -> Claim:
        if claim.payload is None:
            return replace(claim, payload=self._encoded(claim, replacement))
        digest = hashlib.sha256(claim.payload).hexdigest()
        if not (replaces and digest.startswith(replaces)) and self._is_readable(claim.ref, claim.payload):
            raise DraftNotSeen(claim.quote_id, digest[:12])
        # The revision of the replaced draft, so that each later save is newer by the store's own clock.
        revision = claim.source_revision or Revision(milliseconds(claim.created_at))
        return replace(claim, payload=self._encoded(claim, replacement), source_revision=revision)

    def _is_readable(self, ref: QuoteRef, payload: bytes) -> bool:
        try:
            self.quotes.decode(ref, payload)
        except DraftUnreadable:
            return False
        return True

    def _encoded(self, claim: Claim, replacement: Draft) -> bytes:
        try:
            return self.quotes.encode(claim.ref, replacement)
        except DetailsTooLarge as error:
            raise ReplacementRefused(str(error)) from error
