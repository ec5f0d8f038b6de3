from __future__ import annotations

from dataclasses import dataclass

from domain.claims import Claim, ClaimedQuote
from domain.errors import ClaimNotFound, DraftUnreadable
from domain.model import Account, Draft, QuoteId
from domain.ports import Claims, Clock, QuoteStore
from domain.repairing.audit import AuditAction, AuditEntry, Operator, snapshot
from domain.repairing.ports import ClaimRecords

_MOST_ENTRIES = 100


@dataclass(frozen=True, slots=True)
class ClaimDetails:
    """
    All data about a claim. `draft` is its decoded payload, or None if there is none or it cannot be decoded. Account,
    quote, draft and the payload's bytes are personal data.
    """

    claim: Claim
    account: Account | None
    quote: ClaimedQuote | None
    draft: Draft | None
    audit_log: list[AuditEntry]


@dataclass(frozen=True, slots=True)
class ShowClaim:
    """Show one claim. If an operator is to see its personal data, an audit entry is kept."""

    claims: Claims
    records: ClaimRecords
    quotes: QuoteStore
    clock: Clock

    def __call__(self, quote_id: str, revealed_to: Operator | None = None) -> ClaimDetails:
        """
        Return the claim's details. If they are `revealed_to` an operator, keep an audit entry first.

        Raises: ClaimNotFound, DatabaseUnavailable
        """
        owner = self.claims.with_account(QuoteId(quote_id))
        if owner is None:
            raise ClaimNotFound(quote_id)
        claim = owner.claim
        if revealed_to:
            state = snapshot(claim)
            now = self.clock.now()
            entry = AuditEntry(
                quote_id=claim.quote_id,
                action=AuditAction.REVEAL,
                actor=revealed_to.actor,
                reason=revealed_to.reason,
                at=now,
                before=state,
                after=state,
                account_id=claim.account_id,
            )
            self.records.log(entry)
        entries = self.records.audit_log(claim.quote_id, _MOST_ENTRIES)
        return ClaimDetails(claim, owner.account, self.claims.quote(claim.quote_id), self._draft(claim), entries)

    def _draft(self, claim: Claim) -> Draft | None:
        if claim.payload is None:
            return None
        try:
            return self.quotes.decode(claim.ref, claim.payload)
        except DraftUnreadable:
            return None
