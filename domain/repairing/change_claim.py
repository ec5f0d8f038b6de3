from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from domain.claims import OPEN_STATES, Claim, ClaimedQuote, ClaimState
from domain.errors import ClaimChanged, ClaimContended, ClaimNotFound, ClaimNotOpen
from domain.model import QuoteId
from domain.ports import Clock
from domain.repairing.audit import AuditAction, AuditEntry, Operator, snapshot
from domain.repairing.ports import Outbox

_ATTEMPTS = 5
Change: TypeAlias = tuple[Claim, ClaimedQuote | None]
"""The changed claim, and the quote to be stored with it."""


@dataclass(frozen=True, slots=True)
class ChangeClaim:
    """Change an open claim, and keep the audit entry in the same transaction."""

    outbox: Outbox
    clock: Clock

    def __call__(
        self,
        quote_id: str,
        action: AuditAction,
        operator: Operator,
        change: Callable[[Claim], Change],
        states: tuple[ClaimState, ...] = OPEN_STATES,
    ) -> Claim:
        """
        Change the claim if it is in one of these states, and return it as it is now. A reconciler at work on the claim
        loses its claim lease. If another process changes the claim meanwhile, `change` is called again, a few times.

        Raises: ClaimNotFound, ClaimNotOpen, ClaimContended, DatabaseUnavailable
        """
        for _ in range(_ATTEMPTS):
            claim = self.outbox.find(QuoteId(quote_id))
            if claim is None:
                raise ClaimNotFound(quote_id)
            if claim.state not in states:
                raise ClaimNotOpen(claim.quote_id, claim.state)
            after, quote = change(claim)
            now = self.clock.now()
            entry = AuditEntry(
                quote_id=claim.quote_id,
                action=action,
                actor=operator.actor,
                reason=operator.reason,
                at=now,
                before=snapshot(claim),
                after=snapshot(after),
                account_id=claim.account_id,
            )
            try:
                return self.outbox.change(claim, after, quote=quote, entry=entry)
            except ClaimChanged:
                continue
        raise ClaimContended(QuoteId(quote_id))
