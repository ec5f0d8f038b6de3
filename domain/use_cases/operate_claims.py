"""What a person does about claims that cannot mend themselves. Each act is kept, with who did it and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.claims import Claim, ClaimedQuote, ClaimState
from domain.errors import ClaimContended, ClaimNotFound, ClaimNotOpen, DetailsTooLarge, DraftNotMended, TurnLost
from domain.model import Draft, QuoteId
from domain.ports import Claims, Clock, QuoteStore
from domain.repair_ports import Outbox
from domain.repairs import OPEN_STATES, Act, ActKind, snapshot

_ATTEMPTS = 5


Change: TypeAlias = tuple[Claim, ClaimedQuote | None]
"""What is put in a claim's place, and the quote that is put with it."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who acts, and why."""

    actor: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ActOnClaim:
    """Change a claim that is open, and keep the act in the same transaction."""

    outbox: Outbox
    clock: Clock

    def __call__(self, quote_id: str, kind: ActKind, mandate: Mandate, change: Callable[[Claim], Change]) -> Claim:
        """
        The claim as it is now. A reconciler that is at work on it loses its turn.

        Raises: ClaimNotFound, ClaimNotOpen, ClaimContended, DatabaseUnavailable
        """
        for _ in range(_ATTEMPTS):
            claim = self.outbox.find(QuoteId(quote_id))
            if claim is None:
                raise ClaimNotFound(quote_id)
            if claim.state not in OPEN_STATES:
                raise ClaimNotOpen(claim.quote_id, claim.state)
            after, quote = change(claim)
            now = self.clock.now()
            act = Act(claim.quote_id, kind, mandate.actor, mandate.reason, now, snapshot(claim), snapshot(after))
            try:
                return self.outbox.change(claim, after, quote=quote, act=act)
            except TurnLost:
                continue
        raise ClaimContended(QuoteId(quote_id))


@dataclass(frozen=True, slots=True)
class RetryClaim:
    """Let the reconciler try again, from the first attempt on; with a mended draft if there is one."""

    act: ActOnClaim
    quotes: QuoteStore
    clock: Clock

    def __call__(self, quote_id: str, mandate: Mandate, mended: Draft | None = None) -> Claim:
        """
        The claim, due now. It can never make a second quote: the quote's key is the claim's.

        Raises: ClaimNotFound, ClaimNotOpen, DraftNotMended, ClaimContended, DatabaseUnavailable
        """

        def again(claim: Claim) -> Change:
            payload = claim.payload if mended is None else self._encoded(claim, mended)
            state = ClaimState.FETCH_PENDING if payload is None else ClaimState.RETRY
            return replace(claim, state=state, payload=payload, attempts=0, next_at=self.clock.now()), None

        return self.act(quote_id, ActKind.RETRY, mandate, again)

    def _encoded(self, claim: Claim, mended: Draft) -> bytes:
        try:
            return self.quotes.encode(claim.ref, mended)
        except DetailsTooLarge as error:
            raise DraftNotMended(str(error)) from error


@dataclass(frozen=True, slots=True)
class DiscardClaim:
    """
    Give up what could not be mended. Where an older version of the quote was built, the customer keeps it; else the
    claim ends without a quote.
    """

    act: ActOnClaim
    claims: Claims
    clock: Clock

    def __call__(self, quote_id: str, mandate: Mandate) -> Claim:
        """Raises: ClaimNotFound, ClaimNotOpen, ClaimContended, DatabaseUnavailable"""

        def given_up(claim: Claim) -> Change:
            now = self.clock.now()
            quote = self.claims.quote(claim.quote_id)
            if quote is None:
                return claim.discarded(now), None
            # What was saved up to the claim's revision is settled: the older quote counts for it.
            return replace(claim.done(), next_at=now), replace(quote, source_revision=claim.source_revision)

        return self.act(quote_id, ActKind.DISCARD, mandate, given_up)
