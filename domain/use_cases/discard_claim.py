from __future__ import annotations

from dataclasses import dataclass, replace

from domain.claims import Claim, ClaimState
from domain.ports import Claims, Clock
from domain.repairing.audit import AuditAction, Operator
from domain.repairing.change_claim import Change, ChangeClaim

_FAILED = (ClaimState.RETRY, ClaimState.DEAD)


@dataclass(frozen=True, slots=True)
class DiscardClaim:
    """
    Discard a claim that could not be repaired. The customer keeps an older quote if there is one. Otherwise the claim
    ends without a quote.
    """

    change: ChangeClaim
    claims: Claims
    clock: Clock

    def __call__(self, quote_id: str, operator: Operator) -> Claim:
        """
        Return the claim as it is now. A `fetch_pending` claim cannot be discarded: its draft may still be in the store.

        Raises: ClaimNotFound, ClaimNotOpen, ClaimContended, DatabaseUnavailable
        """

        def given_up(claim: Claim) -> Change:
            now = self.clock.now()
            quote = self.claims.quote(claim.quote_id)
            if quote is None:
                return claim.discarded(now), None
            # The older quote takes the claim's revision: all drafts up to it are given up.
            return replace(claim.done(), next_at=now), replace(quote, source_revision=claim.source_revision)

        return self.change(quote_id, AuditAction.DISCARD, operator, given_up, _FAILED)
