"""What a person does about claims that cannot mend themselves. Each act is kept, with who did it and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.claims import Cause, Claim, ClaimedQuote, ClaimState, Cleanup
from domain.errors import (
    ClaimContended,
    ClaimNotFound,
    ClaimNotOpen,
    DetailsTooLarge,
    DraftNotMended,
    DraftNotSeen,
    DraftPurged,
    DraftUnreadable,
    TurnLost,
)
from domain.model import Draft, QuoteId, QuoteRef, Revision, milliseconds
from domain.ports import Claims, Clock, QuoteStore
from domain.repairing.ports import Outbox
from domain.repairs import OPEN_STATES, Act, ActKind, snapshot

_ATTEMPTS = 5
_FAILED = (ClaimState.RETRY, ClaimState.DEAD)


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

    def __call__(
        self,
        quote_id: str,
        kind: ActKind,
        mandate: Mandate,
        change: Callable[[Claim], Change],
        states: tuple[ClaimState, ...] = OPEN_STATES,
    ) -> Claim:
        """
        The claim as it is now, if it was in one of those states. A reconciler that is at work on it loses its turn.

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
            act = Act(
                quote_id=claim.quote_id,
                kind=kind,
                actor=mandate.actor,
                reason=mandate.reason,
                at=now,
                before=snapshot(claim),
                after=snapshot(after),
                account_id=claim.account_id,
            )
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

    def __call__(
        self, quote_id: str, mandate: Mandate, mended: Draft | None = None, replaces: str | None = None
    ) -> Claim:
        """
        The claim, due now. It can never make a second quote: the quote's key is the claim's. A mended draft takes the
        place of what stood at the claim: what was saved after it is newer and wins. One that can be read is given up
        only by who has seen it: `replaces` is the beginning of its SHA-256.

        Raises: ClaimNotFound, ClaimNotOpen, DraftPurged, DraftNotMended, DraftNotSeen, ClaimContended,
            DatabaseUnavailable
        """

        def again(claim: Claim) -> Change:
            if mended is not None:
                claim = self._mended(claim, mended, replaces)
            elif claim.cause is Cause.PURGED:
                raise DraftPurged(claim.quote_id)
            state = ClaimState.FETCH_PENDING if claim.payload is None else ClaimState.RETRY
            # Its passes begin anew, and with them the time for which it is kept.
            again = replace(claim, state=state, attempts=0, cleanup=Cleanup.PENDING, finished_at=None)
            return replace(again, next_at=self.clock.now()), None

        return self.act(quote_id, ActKind.RETRY, mandate, again)

    def _mended(self, claim: Claim, mended: Draft, replaces: str | None) -> Claim:
        if claim.payload is None:
            return replace(claim, payload=self._encoded(claim, mended))
        digest = hashlib.sha256(claim.payload).hexdigest()
        if not (replaces and digest.startswith(replaces)) and self._is_readable(claim.ref, claim.payload):
            raise DraftNotSeen(claim.quote_id, digest[:12])
        # Of the draft that it replaces, so that all that was saved since is newer: by the store's clock, not by ours.
        revision = claim.source_revision or Revision(milliseconds(claim.created_at))
        return replace(claim, payload=self._encoded(claim, mended), source_revision=revision)

    def _is_readable(self, ref: QuoteRef, payload: bytes) -> bool:
        try:
            self.quotes.decode(ref, payload)
        except DraftUnreadable:
            return False
        return True

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

        return self.act(quote_id, ActKind.DISCARD, mandate, given_up, _FAILED)
