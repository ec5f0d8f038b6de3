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
    Give up what could not be repaired. Where an older version of the quote was built, the customer keeps it; else the
    claim ends without a quote.
    """

    change: ChangeClaim
    claims: Claims
    clock: Clock

    def __call__(self, quote_id: str, operator: Operator) -> Claim:
        """
        A claim whose draft is still to be fetched is not given up: the store has it, and nobody has looked at it.

        Raises: ClaimNotFound, ClaimNotOpen, ClaimContended, DatabaseUnavailable
        """

        def given_up(claim: Claim) -> Change:
            now = self.clock.now()
            quote = self.claims.quote(claim.quote_id)
            if quote is None:
                return claim.discarded(now), None
            # What was saved up to the claim's revision is settled: the older quote counts for it.
            return replace(claim.done(), next_at=now), replace(quote, source_revision=claim.source_revision)

        return self.change(quote_id, AuditAction.DISCARD, operator, given_up, _FAILED)
