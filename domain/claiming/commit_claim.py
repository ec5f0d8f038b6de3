from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from domain.claiming.fetch_draft import FetchDraft
from domain.claiming.finish_claim import FinishClaim
from domain.claiming.missing_draft import MissingDraft
from domain.claims import Cause, Claim, ClaimState, ClaimWithAccount, NewClaim, RequestMark
from domain.errors import (
    AccessTokenInvalid,
    ClaimConflict,
    CommitUnknown,
    DatabaseUnavailable,
    DraftClaimed,
    DraftGone,
    EmailTaken,
    Overloaded,
    QuoteRefused,
    RevisionMismatch,
    Signal,
    Unavailable,
)
from domain.model import Account, ClaimToken, QuoteRef, Revision, StoredDraft
from domain.ports import Accounts, Claims, Clock, Ids, QuoteStore

_log = logging.getLogger("quotehold.claims")
_ATTEMPTS = 4
"""The most attempts at one transaction: one more if the quote's row is refused, two more after passing collisions."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """The account that gets the quote, whether it is new and has to be added, and the mark of the request."""

    account: Account
    is_new: bool
    request: RequestMark | None = None


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """
    The claim in the database after the call, with its account. `is_new` is True if this call certainly made it. If the
    answer to a COMMIT was lost, a claim that this call made looks like an earlier one.
    """

    committed: ClaimWithAccount
    is_new: bool


@dataclass(frozen=True, slots=True)
class CommitClaim:
    """
    Move a draft into an account, exactly once.

    The database decides: one transaction, and the claim's primary key, which is the quote id. The steps in the store
    before and after only save work and give better answers, so each of them may fail or be lost.
    """

    quotes: QuoteStore
    accounts: Accounts
    claims: Claims
    clock: Clock
    ids: Ids
    missing: MissingDraft
    fetch: FetchDraft
    finish: FinishClaim

    def __call__(self, ref: QuoteRef, claimant: Claimant, expected: Revision | None) -> ClaimOutcome:
        """
        Claim the quote, and return the claim that is in the database now. If another request has claimed the quote,
        that is the other request's claim: the caller decides on the answer.

        Raises: QuoteExpired, ClaimInProgress, RevisionMismatch, EmailTaken (for a new account), AccessTokenInvalid (the
            account was erased meanwhile), StoreUnavailable, DatabaseUnavailable, Overloaded
        """
        attempt = self.ids.claim_token()
        try:
            stored = self.fetch.freeze_or_defer(ref, attempt, expected)
        except (DraftGone, DraftClaimed) as signal:
            return ClaimOutcome(self.missing.claim_of(ref, tombstone=isinstance(signal, DraftClaimed)), is_new=False)
        except RevisionMismatch:
            # A replay repeats its If-Match too. The draft may still be in the store, or be back there and changed.
            if (found := self.claims.with_account(ref.quote_id)) is None:
                raise
            return ClaimOutcome(found, is_new=False)
        outcome = self._commit(ref, claimant, attempt, stored)
        if stored is not None:
            self._clean_up(ref, attempt, outcome.committed.claim)
        return outcome

    def _commit(
        self, ref: QuoteRef, claimant: Claimant, attempt: ClaimToken, stored: StoredDraft | None
    ) -> ClaimOutcome:
        new = self._built(ref, claimant, stored)
        for _ in range(_ATTEMPTS):
            try:
                self.claims.add(new)
                if new.claim.state is ClaimState.RETRY:
                    _log.error(
                        "claim %s: no quote built, draft kept for repair: %s", ref.quote_id, new.claim.last_error
                    )
                return ClaimOutcome(ClaimWithAccount(new.claim, claimant.account), is_new=True)
            except QuoteRefused as error:
                if stored is None:
                    raise
                new = NewClaim(new.account, new.claim.for_repair(stored.raw, Cause.QUOTE_REFUSED, str(error)), None)
            except ClaimConflict:
                # Read the claim before the account: the caller's own earlier claim also holds the caller's e-mail.
                if owner := self.claims.with_account(ref.quote_id):
                    return ClaimOutcome(owner, is_new=False)
                self._refuse_if_hopeless(ref, claimant, attempt)
            except CommitUnknown:
                raise  # The claim may be committed, so the draft must not be opened again.
            except (DatabaseUnavailable, Overloaded):
                self._reopen(ref, attempt)
                raise
        self._reopen(ref, attempt)
        raise DatabaseUnavailable(f"Try again: other transactions kept colliding with the claim of {ref.quote_id}.")

    def _built(self, ref: QuoteRef, claimant: Claimant, stored: StoredDraft | None) -> NewClaim:
        account = claimant.account
        claim = self.fetch.new_claim(ref, account.account_id, self.clock.now())
        claim, quote = self.fetch.build(claim, stored) if stored else (claim, None)
        return NewClaim(account if claimant.is_new else None, replace(claim, request=claimant.request), quote)

    def _refuse_if_hopeless(self, ref: QuoteRef, claimant: Claimant, attempt: ClaimToken) -> None:
        """Raise if the account is the obstacle: another account has its e-mail, or it was erased."""
        account = claimant.account
        if claimant.is_new and self.accounts.with_email(account.email.key):
            self._reopen(ref, attempt)
            raise EmailTaken(ref.quote_id) from None
        if not claimant.is_new and self.accounts.find(account.account_id) is None:
            self._reopen(ref, attempt)
            raise AccessTokenInvalid from None

    def _reopen(self, ref: QuoteRef, attempt: ClaimToken) -> None:
        try:
            self.quotes.abort_claim(ref, attempt)
        except Unavailable as error:
            _log.warning("quote %s: frozen until its draft lease ends: %s", ref.quote_id, error)

    def _clean_up(self, ref: QuoteRef, attempt: ClaimToken, claim: Claim) -> None:
        """Finish the claim in the store. Best effort: a reconciler does the rest."""
        if claim.state in (ClaimState.FETCH_PENDING, ClaimState.UNKNOWN):
            # The draft is not known to be in the database, so it must stay in the store.
            self._reopen(ref, attempt)
            return
        try:
            self.finish(claim)
        except (Unavailable, Signal) as error:
            kind = type(error).__name__
            _log.warning("claim %s: clean-up in the store left to the reconciler: %s: %s", ref.quote_id, kind, error)
