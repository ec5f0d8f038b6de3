from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime

from domain.accounts.open_session import OpenSession
from domain.claiming.commit_claim import Claimant, CommitClaim
from domain.claims import Claim, ClaimWithAccount, QuoteStatus, RequestMark
from domain.errors import DatabaseUnavailable, IdempotencyKeyReused, QuoteClaimedByAnother
from domain.model import Access, AccessToken, Account, AccountId, Applicant, QuoteId, QuoteRef, Revision
from domain.ports import Claims, Clock, Ids, PasswordHasher, QuoteTokens

_log = logging.getLogger("quotehold.claims")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The quote's status after the registration. `claimed_at` is None until it is claimed."""

    quote_id: QuoteId
    status: QuoteStatus | None
    claimed_at: datetime | None

    @classmethod
    def of(cls, claim: Claim) -> Receipt:
        is_claimed = claim.status is QuoteStatus.CLAIMED
        return cls(claim.quote_id, claim.status, claim.created_at if is_claimed else None)


@dataclass(frozen=True, slots=True)
class Registered:
    """A committed registration. `access` is None if no session could be stored: the customer logs in later."""

    account: Account
    quote: Receipt
    access: Access | None
    replayed: bool

    @property
    def access_token(self) -> AccessToken | None:
        return self.access.token if self.access else None

    @property
    def expires_at(self) -> datetime | None:
        """Return the time at which the access token ends."""
        return self.access.expires_at if self.access else None


@dataclass(frozen=True, slots=True)
class RegisterAndClaim:
    """Make an account and move the quote into it, exactly once."""

    claims: Claims
    hasher: PasswordHasher
    tokens: QuoteTokens
    clock: Clock
    ids: Ids
    commit: CommitClaim
    open_session: OpenSession

    def __call__(
        self, quote_id: str, token: str, applicant: Applicant, expected: Revision | None = None, key: str | None = None
    ) -> Registered:
        """
        Register the applicant. A repeat by the same applicant gets the same account and quote. `key` is the request's
        Idempotency-Key (IETF draft draft-ietf-httpapi-idempotency-key-header). After a request with a key has claimed
        the quote, the same key with another request is refused.

        Raises: QuoteNotFound, QuoteExpired, QuoteClaimedByAnother, ClaimInProgress, RevisionMismatch, EmailTaken,
            IdempotencyKeyReused, StoreUnavailable, DatabaseUnavailable, Overloaded
        """
        ref = self.tokens.verify(quote_id, token)
        request = None if key is None else _mark(ref, key, applicant)
        if request and (earlier := self._made_by(request, ref)):
            return self._answer(earlier, applicant, request)
        account = self._new_account(applicant)
        outcome = self.commit(ref, Claimant(account, is_new=True, request=request), expected)
        return self._answer(outcome.committed, applicant, request, mine=account.account_id)

    def _made_by(self, request: RequestMark, ref: QuoteRef) -> ClaimWithAccount | None:
        """Return the claim that an earlier request with this key has made, or None. It saves the work of a repeat."""
        try:
            owner = self.claims.with_account(ref.quote_id)
        except DatabaseUnavailable as outage:
            _log.info(
                "quote %s: database unreachable, so a repeated request is detected only at commit: %s",
                ref.quote_id,
                outage,
            )
            return None
        return owner if owner and _has_key_of(owner.claim, request) else None

    def _new_account(self, applicant: Applicant) -> Account:
        password_hash = self.hasher.hash(applicant.password)
        now = self.clock.now()
        return Account(self.ids.account_id(), applicant.email, applicant.name, password_hash, created_at=now)

    def _answer(
        self, owner: ClaimWithAccount, applicant: Applicant, request: RequestMark | None, mine: AccountId | None = None
    ) -> Registered:
        account, claim = owner.account, owner.claim
        if account is None:
            raise QuoteClaimedByAnother(claim.quote_id)
        if account.account_id == mine:
            return Registered(account, Receipt.of(claim), self.open_session(account), replayed=False)
        if request and _has_key_of(claim, request) and claim.request != request:
            raise IdempotencyKeyReused
        if not self._is_same_person(account, applicant):
            raise QuoteClaimedByAnother(claim.quote_id)
        return Registered(account, Receipt.of(claim), self.open_session(account), replayed=True)

    def _is_same_person(self, account: Account, applicant: Applicant) -> bool:
        # Verify the password even if the e-mail differs: the time must not reveal which of them is wrong.
        same_password = self.hasher.verify(account.password_hash, applicant.password)
        return same_password and account.email.key == applicant.email.key


def _mark(ref: QuoteRef, key: str, applicant: Applicant) -> RequestMark:
    """Return the mark of a request, without the password: from a fast hash it could be guessed fast."""
    body = json.dumps({"email": applicant.email.address, "name": applicant.name}, sort_keys=True)
    return RequestMark(key_hash=_sha256(f"{ref.quote_id} {key}"), fingerprint=_sha256(body))


def _has_key_of(claim: Claim, request: RequestMark) -> bool:
    return claim.request is not None and claim.request.key_hash == request.key_hash


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
