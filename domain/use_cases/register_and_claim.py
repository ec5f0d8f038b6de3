from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from domain.claims import Cause, Claim, ClaimOwner, ClaimState, NewClaim, QuoteStatus
from domain.errors import (
    ClaimConflict,
    CommitUnknown,
    DatabaseUnavailable,
    DraftClaimed,
    DraftGone,
    EmailTaken,
    Overloaded,
    QuoteClaimedByAnother,
    QuoteRefused,
    RevisionMismatch,
    Signal,
    Unavailable,
)
from domain.model import (
    Access,
    AccessToken,
    Account,
    Applicant,
    ClaimToken,
    QuoteId,
    QuoteRef,
    Revision,
    StoredDraft,
)
from domain.ports import Accounts, Claims, Clock, Ids, PasswordHasher, QuoteStore, QuoteTokens, Sessions
from domain.use_cases.afterlife import Afterlife
from domain.use_cases.finish_claim import FinishClaim
from domain.use_cases.take_draft import TakeDraft

_log = logging.getLogger("quotehold.claims")
_ATTEMPTS = 4
"""At one transaction: once more where the quote's row is refused, and twice where others came and went."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the quote. `claimed_at` is None until it is claimed."""

    quote_id: QuoteId
    status: QuoteStatus | None
    claimed_at: datetime | None

    @classmethod
    def of(cls, claim: Claim) -> Receipt:
        is_claimed = claim.status is QuoteStatus.CLAIMED
        return cls(claim.quote_id, claim.status, claim.created_at if is_claimed else None)


@dataclass(frozen=True, slots=True)
class Registered:
    """A committed registration. `access` is None where no session could be stored: the customer logs in later."""

    account: Account
    quote: Receipt
    access: Access | None
    replayed: bool

    @property
    def access_token(self) -> AccessToken | None:
        return self.access.token if self.access else None

    @property
    def expires_at(self) -> datetime | None:
        """When the access token ends."""
        return self.access.expires_at if self.access else None


@dataclass(frozen=True, slots=True)
class RegisterAndClaim:
    """
    Make an account and move the quote into it, exactly once.

    The database decides: one transaction, and a claim's primary key that is the quote's id. What happens in the
    store before and after only saves work and gives better answers, so each of those steps may fail or be lost.
    """

    quotes: QuoteStore
    accounts: Accounts
    claims: Claims
    sessions: Sessions
    hasher: PasswordHasher
    tokens: QuoteTokens
    clock: Clock
    ids: Ids
    afterlife: Afterlife
    take: TakeDraft
    finish: FinishClaim

    def __call__(self, quote_id: str, token: str, applicant: Applicant, expected: Revision | None = None) -> Registered:
        """
        The same applicant again gets the same account and quote.

        Raises: QuoteNotFound, QuoteExpired, QuoteClaimedByAnother, ClaimInProgress, RevisionMismatch, EmailTaken,
            StoreUnavailable, DatabaseUnavailable, Overloaded
        """
        ref = self.tokens.verify(quote_id, token)
        account = self._new_account(applicant)
        attempt = self.ids.claim_token()
        try:
            stored = self.take.freeze(ref, attempt, expected)
        except (DraftGone, DraftClaimed) as signal:
            owner = self.afterlife.owner(ref, tombstone=isinstance(signal, DraftClaimed))
        except RevisionMismatch:
            # A replay repeats its If-Match too, and the draft may still stand there, or be back and changed.
            if (found := self.claims.owner(ref.quote_id)) is None:
                raise
            owner = found
        else:
            owner = self._commit(ref, account, attempt, stored)
            if stored is not None:
                self._tidy(ref, attempt, owner.claim)
        return self._answer(owner, account, applicant)

    def _new_account(self, applicant: Applicant) -> Account:
        password_hash = self.hasher.hash(applicant.password)
        now = self.clock.now()
        return Account(self.ids.account_id(), applicant.email, applicant.name, password_hash, created_at=now)

    def _commit(self, ref: QuoteRef, account: Account, attempt: ClaimToken, stored: StoredDraft | None) -> ClaimOwner:
        """The claim that stands in the database in the end, and whose it is."""
        new = self._built(ref, account, stored)
        for _ in range(_ATTEMPTS):
            try:
                self.claims.add(new)
                if new.claim.state is ClaimState.RETRY:
                    _log.error("no quote %s yet, its draft is kept for repair: %s", ref.quote_id, new.claim.last_error)
                return ClaimOwner(new.claim, account)
            except QuoteRefused as error:
                if stored is None:
                    raise
                new = NewClaim(account, new.claim.for_repair(stored.raw, Cause.QUOTE_REFUSED, str(error)), None)
            except ClaimConflict:
                # The claim before the e-mail: a claim of one's own holds one's own e-mail too.
                if owner := self.claims.owner(ref.quote_id):
                    return owner
                if self.accounts.with_email(account.email.key):
                    self._reopen(ref, attempt)
                    raise EmailTaken(ref.quote_id) from None
            except CommitUnknown:
                raise  # It may be committed: the draft must not be opened again.
            except (DatabaseUnavailable, Overloaded):
                self._reopen(ref, attempt)
                raise
        self._reopen(ref, attempt)
        raise DatabaseUnavailable(f"Other transactions kept colliding with the claim of quote {ref.quote_id}.")

    def _built(self, ref: QuoteRef, account: Account, stored: StoredDraft | None) -> NewClaim:
        claim = self.take.new_claim(ref, account.account_id, account.created_at)
        if stored is None:
            return NewClaim(account, claim, None)
        return NewClaim(account, *self.take.build(claim, stored))

    def _reopen(self, ref: QuoteRef, attempt: ClaimToken) -> None:
        try:
            self.quotes.abort_claim(ref, attempt)
        except Unavailable as error:
            _log.warning("quote %s stays frozen until its lease ends: %s", ref.quote_id, error)

    def _tidy(self, ref: QuoteRef, attempt: ClaimToken, claim: Claim) -> None:
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

    def _answer(self, owner: ClaimOwner, account: Account, applicant: Applicant) -> Registered:
        mine = owner.account
        if mine is None:
            raise QuoteClaimedByAnother(owner.claim.quote_id)
        replayed = mine.account_id != account.account_id
        if replayed and not self._is_same_person(mine, applicant):
            raise QuoteClaimedByAnother(owner.claim.quote_id)
        return Registered(mine, Receipt.of(owner.claim), self._open_session(mine), replayed)

    def _is_same_person(self, account: Account, applicant: Applicant) -> bool:
        # Both, whatever the first one says: the time must not tell which of them is wrong.
        same_password = self.hasher.verify(account.password_hash, applicant.password)
        return same_password and account.email.key == applicant.email.key

    def _open_session(self, account: Account) -> Access | None:
        try:
            return self.sessions.open(account)
        except Unavailable as error:
            _log.warning("no session for account %s: %s", account.account_id, error)
            return None
