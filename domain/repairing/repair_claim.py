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
    Do what is left to be done about one claim: fetch its draft, build its quote, and see that the store keeps no draft
    of it. Each step commits by itself and may be repeated, so that a crash anywhere between them loses nothing.
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
        Return the claim as it is now, in the database too. The caller holds its lease, so no other process changes it.

        Raises: ClaimChanged (another process did), DraftKeepsChanging, Unavailable
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
                # Something was committed under this lease; a store that only reads must not hold up the next claim.
                _log.warning("claim %s is cleaned up later: %s", claim.quote_id, outage)
                return claim
            raise

    def failed(self, claim: Claim, cause: Cause, error: str, payload: StoredDraft | None = None) -> Claim:
        """
        One more attempt has failed, on these bytes if there are any; after the eighth the claim is left to an operator.

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
            return self._dead(claim, claim, Cause.EXPIRED, "the draft's time ended before it could be fetched")
        except DraftClaimed:
            if claim.finished_at or claim.cause:  # it is the claim's own: it was dead before an operator retried it
                return self._dead(claim, claim, claim.cause or Cause.EXPIRED, claim.last_error or "")
            dead = self._dead(claim, claim, Cause.DRAFT_LOST, "a tombstone stands in the draft's place")
            # Only now: a reconciler that was paused past its lease may have met its successor's tombstone.
            _alarm.critical("claim %s is to be fetched, but has a tombstone: SQL lost a commit", claim.quote_id)
            return dead
        except (StoreUnavailable, StoreFull):
            if not self.fetch.missing.has_expired(claim.ref):
                raise
            return self._dead(claim, claim, Cause.EXPIRED, "the draft's time ended while the store was away")
        return self._built(claim, stored)

    def _built(self, claim: Claim, stored: StoredDraft) -> Claim:
        """With its quote, or else with the bytes, so that from here on nothing depends on the store."""
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
        taken_over = replace(claim, source_revision=newer.revision)  # as it is in the database by now
        return self.outbox.change(taken_over, self._passed(self._revived(taken_over, newer)))

    def _finished(self, claim: Claim) -> StoredDraft | None:
        if self.tokens.knows(claim.key_id):
            return self.finish(claim)
        # Without its key nobody can save under that name, so what is there ends with its TTL.
        _log.warning("claim %s: server key %s is not in the keyring, a draft may stay", claim.quote_id, claim.key_id)
        return None

    def _passed(self, claim: Claim) -> Claim:
        """After a cleanup pass."""
        now = self.clock.now()
        began = claim.finished_at or now
        following = self.schedule.next_pass(began, now)
        claim = replace(claim, finished_at=began, cleanup=Cleanup.FINISHED if following else Cleanup.VERIFIED)
        if claim.state is ClaimState.RETRY:
            return claim  # its next attempt is a pass too
        claim = replace(claim, next_at=following)
        return claim if claim.state is ClaimState.DEAD else replace(claim, attempts=0, cause=None, last_error=None)

    def _revived(self, claim: Claim, newer: StoredDraft) -> Claim:
        """Something was saved after the claim: the passes begin anew, and a claim that had failed may succeed on it."""
        claim = _begun_anew(claim)
        if claim.state not in (ClaimState.RETRY, ClaimState.DEAD):
            return claim
        return replace(claim, state=ClaimState.RETRY, payload=newer.raw, attempts=0, next_at=self.clock.now())

    def _kept(self, claim: Claim, found: NewerDraftUnusable) -> Claim:
        """The newer bytes, beside the older quote: then they need not stay in the store."""
        _log.error("quote %s has a newer draft that cannot be used: %s", claim.quote_id, found)
        kept = replace(_begun_anew(claim), source_revision=found.stored.revision, attempts=0, next_at=self.clock.now())
        return self.outbox.change(claim, kept.for_repair(found.stored.raw, found.cause, str(found)))

    def _left(self, claim: Claim, error: str) -> Claim:
        """What cannot be read may be newer than the claim: it stays until it can be, or ends."""
        _log.error("claim %s: what the store holds cannot be read and stays there: %s", claim.quote_id, error)
        if claim.state is ClaimState.RETRY:
            return claim
        put_off = self.schedule.put_off(claim, self.clock.now())
        after = replace(_begun_anew(claim), attempts=claim.attempts + 1, next_at=put_off)
        return self.outbox.change(claim, _noted(after, Cause.DRAFT_UNREADABLE, f"left in the store: {error}"))


def _begun_anew(claim: Claim) -> Claim:
    """The cleanup starts again from its first pass."""
    return replace(claim, cleanup=Cleanup.PENDING, finished_at=None)


def _noted(claim: Claim, cause: Cause, error: str) -> Claim:
    """What keeps a dead claim from being cleaned up is not what it died of."""
    return claim if claim.state is ClaimState.DEAD else replace(claim, cause=cause, last_error=error)
