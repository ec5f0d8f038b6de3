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
"""At one transaction: once more where the quote's row is refused, and twice where others came and went."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """The account that the quote is to be moved into, whether it is to be made with it, and the request's mark."""

    account: Account
    is_new: bool
    request: RequestMark | None = None


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """
    The claim that stands in the database in the end, and whose it is. `is_new` if it is known to have been made by this
    call: where the answer to a COMMIT was lost, it may have been and looks like an earlier one.
    """

    committed: ClaimWithAccount
    is_new: bool


@dataclass(frozen=True, slots=True)
class CommitClaim:
    """
    Move a draft into an account, exactly once.

    The database decides: one transaction, and a claim's primary key that is the quote's id. What happens in the
    store before and after only saves work and gives better answers, so each of those steps may fail or be lost.
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
        Where another claim stands already, that one: the caller says what that means to whom.

        Raises: QuoteExpired, ClaimInProgress, RevisionMismatch, EmailTaken (of a new account), AccessTokenInvalid (an
            account that was erased meanwhile), StoreUnavailable, DatabaseUnavailable, Overloaded
        """
        attempt = self.ids.claim_token()
        try:
            stored = self.fetch.freeze_or_defer(ref, attempt, expected)
        except (DraftGone, DraftClaimed) as signal:
            return ClaimOutcome(self.missing.claim_of(ref, tombstone=isinstance(signal, DraftClaimed)), is_new=False)
        except RevisionMismatch:
            # A replay repeats its If-Match too, and the draft may still stand there, or be back and changed.
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
                    _log.error("no quote %s yet, its draft is kept for repair: %s", ref.quote_id, new.claim.last_error)
                return ClaimOutcome(ClaimWithAccount(new.claim, claimant.account), is_new=True)
            except QuoteRefused as error:
                if stored is None:
                    raise
                new = NewClaim(new.account, new.claim.for_repair(stored.raw, Cause.QUOTE_REFUSED, str(error)), None)
            except ClaimConflict:
                # The claim before the account: a claim of one's own holds one's own e-mail too.
                if owner := self.claims.with_account(ref.quote_id):
                    return ClaimOutcome(owner, is_new=False)
                self._refuse_if_hopeless(ref, claimant, attempt)
            except CommitUnknown:
                raise  # It may be committed: the draft must not be opened again.
            except (DatabaseUnavailable, Overloaded):
                self._reopen(ref, attempt)
                raise
        self._reopen(ref, attempt)
        raise DatabaseUnavailable(f"Other transactions kept colliding with the claim of quote {ref.quote_id}.")

    def _built(self, ref: QuoteRef, claimant: Claimant, stored: StoredDraft | None) -> NewClaim:
        account = claimant.account
        claim = self.fetch.new_claim(ref, account.account_id, self.clock.now())
        claim, quote = self.fetch.build(claim, stored) if stored else (claim, None)
        return NewClaim(account if claimant.is_new else None, replace(claim, request=claimant.request), quote)

    def _refuse_if_hopeless(self, ref: QuoteRef, claimant: Claimant, attempt: ClaimToken) -> None:
        """Not the quote is in the way but the account: its e-mail is another's, or it is no more."""
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
            _log.warning("quote %s stays frozen until its lease ends: %s", ref.quote_id, error)

    def _clean_up(self, ref: QuoteRef, attempt: ClaimToken, claim: Claim) -> None:
        """Best effort: a reconciler does what fails here."""
        if claim.state in (ClaimState.FETCH_PENDING, ClaimState.UNKNOWN):
            # The draft is not in the database yet, as far as is known, and must stay.
            self._reopen(ref, attempt)
            return
        try:
            self.finish(claim)
        except (Unavailable, Signal) as error:
            kind = type(error).__name__
            _log.warning("the draft of claimed quote %s is left to the reconciler: %s: %s", ref.quote_id, kind, error)
