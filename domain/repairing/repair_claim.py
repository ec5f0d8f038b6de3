from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from domain.claiming.fetch_draft import FetchDraft
from domain.claiming.finish_claim import FinishClaim
from domain.claims import Cause, Claim, ClaimState, Cleanup
from domain.errors import (
    ClaimInProgress,
    DraftClaimed,
    DraftGone,
    DraftUnreadable,
    NewerDraftUnusable,
    QuoteRefused,
    StoreFull,
    StoreUnavailable,
)
from domain.model import StoredDraft
from domain.ports import Clock, Ids, QuoteTokens
from domain.repairing.ports import Outbox
from domain.repairing.schedule import MOST_ATTEMPTS, RepairSchedule

_log = logging.getLogger("quotehold.reconciler")
_alarm = logging.getLogger("quotehold.alarm")


@dataclass(frozen=True, slots=True)
class RepairClaim:
    """
    Do the remaining work on one claim: fetch its draft, build its quote, and remove the draft from the store. Each step
    commits by itself and may be repeated, so a crash at any point loses nothing.
    """

    outbox: Outbox
    tokens: QuoteTokens
    clock: Clock
    ids: Ids
    fetch: FetchDraft
    finish: FinishClaim
    schedule: RepairSchedule

    def __call__(self, claim: Claim) -> Claim:
        """
        Do the work, and return the claim as it is in the database now. The caller holds the claim lease, so other
        reconcilers leave the claim alone.

        Raises: ClaimChanged (another process changed it all the same), DraftKeepsChanging, Unavailable
        """
        at_first = claim
        if claim.state is ClaimState.FETCH_PENDING:
            claim = self._fetched(claim)
        elif claim.state is ClaimState.RETRY:
            claim = self._built(claim, StoredDraft(claim.source_revision, claim.payload or b""))
        if claim.state is ClaimState.FETCH_PENDING:
            return claim
        try:
            return self._cleaned_up(claim)
        except (StoreUnavailable, StoreFull) as outage:
            if claim.version > at_first.version:
                # A step was committed under this lease. A read-only store must not hold up the next claims.
                _log.warning("claim %s: clean-up in the store postponed: %s", claim.quote_id, outage)
                return claim
            raise

    def failed(self, claim: Claim, cause: Cause, error: str, payload: StoredDraft | None = None) -> Claim:
        """
        Note one more failed attempt, and keep these bytes as payload if there are any. After the eighth failed attempt
        the claim is dead, for an operator to repair. Return the claim as it is now.

        Raises: ClaimChanged, Unavailable
        """
        after = claim
        if payload:
            after = replace(claim.for_repair(payload.raw, cause, error), source_revision=payload.revision)
        after = _noted(replace(after, attempts=claim.attempts + 1), cause, error)
        if after.attempts >= MOST_ATTEMPTS and claim.state in (ClaimState.FETCH_PENDING, ClaimState.RETRY):
            return self._dead(claim, after, cause, error)
        _log.warning("claim %s, attempt %d failed, %s: %s", claim.quote_id, after.attempts, cause, error)
        return self.outbox.change(claim, replace(after, next_at=self.schedule.put_off(claim, self.clock.now())))

    def _fetched(self, claim: Claim) -> Claim:
        if not self.tokens.knows(claim.key_id):
            return self._dead(claim, claim, Cause.KEY_RETIRED, f"server key {claim.key_id} is not in the keyring")
        try:
            stored = self.fetch.freeze_or_read(claim.ref, self.ids.claim_token(), None)
        except ClaimInProgress as busy:
            return self.outbox.change(claim, replace(claim, next_at=self.clock.now() + busy.retry_after))
        except DraftGone:
            return self._dead(claim, claim, Cause.EXPIRED, "the draft expired before it could be fetched")
        except DraftClaimed:
            if claim.finished_at or claim.cause:  # the claim's own tombstone, from before an operator's retry
                return self._dead(claim, claim, claim.cause or Cause.EXPIRED, claim.last_error or "")
            dead = self._dead(claim, claim, Cause.DRAFT_LOST, "a tombstone is in the draft's place")
            # Only after the commit: a reconciler that was paused past its lease may have met its successor's tombstone.
            _alarm.critical(
                "claim %s: restore its rows in SQL, which lost a commit: the store has a tombstone", claim.quote_id
            )
            return dead
        except (StoreUnavailable, StoreFull):
            if not self.fetch.missing.has_expired(claim.ref):
                raise
            return self._dead(claim, claim, Cause.EXPIRED, "the draft expired while the store was unreachable")
        return self._built(claim, stored)

    def _built(self, claim: Claim, stored: StoredDraft) -> Claim:
        """Commit the claim with its quote, or else with the raw bytes: from then on it does not depend on the store."""
        after, quote = self.fetch.build(claim, stored)
        if quote is None:
            return self.failed(claim, Cause.DRAFT_UNREADABLE, after.last_error or "", stored)
        try:
            return self.outbox.change(claim, after, quote=quote)
        except QuoteRefused as error:
            return self.failed(claim, Cause.QUOTE_REFUSED, str(error), stored)

    def _dead(self, before: Claim, after: Claim, cause: Cause, error: str) -> Claim:
        dead = self.outbox.change(before, after.dead(cause, error))
        _log.error("claim %s is dead after %d attempts, %s: %s", before.quote_id, after.attempts, cause, error)
        return dead

    def _cleaned_up(self, claim: Claim) -> Claim:
        try:
            newer = self._finished(claim)
        except NewerDraftUnusable as found:
            return self._kept(claim, found)
        except DraftUnreadable as error:
            return self._left(claim, str(error))
        if newer is None:
            return self.outbox.change(claim, self._passed(claim))
        taken_over = replace(claim, source_revision=newer.revision)  # as `take_newer` has committed it
        return self.outbox.change(taken_over, self._passed(self._revived(taken_over, newer)))

    def _finished(self, claim: Claim) -> StoredDraft | None:
        if self.tokens.knows(claim.key_id):
            return self.finish(claim)
        # Without its server key nobody can save under that name, so a draft there ends with its TTL.
        _log.warning(
            "claim %s: server key %s not in the keyring, a draft may stay until its TTL", claim.quote_id, claim.key_id
        )
        return None

    def _passed(self, claim: Claim) -> Claim:
        """Return the claim as it is after a clean-up pass."""
        now = self.clock.now()
        began = claim.finished_at or now
        following = self.schedule.next_pass(began, now)
        claim = replace(claim, finished_at=began, cleanup=Cleanup.FINISHED if following else Cleanup.VERIFIED)
        if claim.state is ClaimState.RETRY:
            return claim  # its next attempt is a clean-up pass too
        claim = replace(claim, next_at=following)
        return claim if claim.state is ClaimState.DEAD else replace(claim, attempts=0, cause=None, last_error=None)

    def _revived(self, claim: Claim, newer: StoredDraft) -> Claim:
        """Begin the clean-up passes anew after a newer draft. A retry or dead claim is tried again with that draft."""
        claim = _begun_anew(claim)
        if claim.state not in (ClaimState.RETRY, ClaimState.DEAD):
            return claim
        return replace(claim, state=ClaimState.RETRY, payload=newer.raw, attempts=0, next_at=self.clock.now())

    def _kept(self, claim: Claim, found: NewerDraftUnusable) -> Claim:
        """
        Keep the bytes of a newer draft in the claim, beside the older quote, so that they need not stay in the store.
        """
        _log.error("claim %s: a newer draft cannot be used: %s", claim.quote_id, found)
        kept = replace(_begun_anew(claim), source_revision=found.stored.revision, attempts=0, next_at=self.clock.now())
        return self.outbox.change(claim, kept.for_repair(found.stored.raw, found.cause, str(found)))

    def _left(self, claim: Claim, error: str) -> Claim:
        """
        Leave unreadable bytes in the store until a version can read them, or their TTL ends: they may be newer than the
        claim.
        """
        _log.error("claim %s: the record in the store is unreadable, and stays there: %s", claim.quote_id, error)
        if claim.state is ClaimState.RETRY:
            return claim
        put_off = self.schedule.put_off(claim, self.clock.now())
        after = replace(_begun_anew(claim), attempts=claim.attempts + 1, next_at=put_off)
        return self.outbox.change(claim, _noted(after, Cause.DRAFT_UNREADABLE, f"left in the store: {error}"))


def _begun_anew(claim: Claim) -> Claim:
    """Return the claim with its clean-up back before the first pass."""
    return replace(claim, cleanup=Cleanup.PENDING, finished_at=None)


def _noted(claim: Claim, cause: Cause, error: str) -> Claim:
    """Return the claim with this cause and error. A dead claim keeps the cause for which it is dead."""
    return claim if claim.state is ClaimState.DEAD else replace(claim, cause=cause, last_error=error)
