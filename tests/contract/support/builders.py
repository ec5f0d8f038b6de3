"""Builders of claims as registrations make them; a test names only the fields that matter to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.claims import Claim, ClaimedQuote, ClaimState, NewClaim
from domain.model import Account, AccountId, Details, Email, KeyId, QuoteId, Revision, started_at
from domain.repairing.audit import AuditAction, AuditEntry, snapshot
from tests.doubles.clock import ManualClock
from tests.doubles.ids import CountingIds

CLOCK = ManualClock()
NOW = CLOCK.now()
REVISION = Revision(1_795_000_000_000)
_IDS = CountingIds(CLOCK)


def a_quote_id() -> QuoteId:
    return _IDS.quote_id()


def an_account(email: str = "ada@example.com") -> Account:
    """Return a new account, with an id of its own, at each call."""
    address = Email(email.upper(), email)
    return Account(_IDS.account_id(), address, "Ada Lovelace", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", NOW)


def an_account_named(account_id: str, credentials_version: int = 1) -> Account:
    """Return an account with that id and that version of its credentials."""
    return replace(an_account(), account_id=AccountId(account_id), credentials_version=credentials_version)


def a_claim(quote_id: QuoteId, account_id: AccountId | None, **changes: Any) -> Claim:
    claim = Claim(
        quote_id, KeyId("k1"), account_id, ClaimState.DONE, REVISION, NOW, next_at=NOW + timedelta(seconds=30)
    )
    return replace(claim, **changes)


def a_quote(claim: Claim, **changes: Any) -> ClaimedQuote:
    """Return the quote that is built from the draft of this claim."""
    assert claim.account_id
    quote = ClaimedQuote(
        quote_id=claim.quote_id,
        account_id=claim.account_id,
        product="motor",
        details={"vehicle": {"make": "Seat"}},
        source_revision=claim.source_revision,
        created_at=started_at(claim.quote_id),
        claimed_at=claim.created_at,
    )
    return replace(quote, **changes)


def an_audit_entry(claim: Claim, **changes: Any) -> AuditEntry:
    """Return the entry of an operator's change of the claim."""
    before = snapshot(claim)
    after = before | {"attempts": 0}
    entry = AuditEntry(
        claim.quote_id, AuditAction.RETRY, "carol", "Ada has called", NOW, before, after, claim.account_id
    )
    return replace(entry, **changes)


def a_new_claim(
    account: Account | None = None, quote_id: QuoteId | None = None, details: Details | None = None
) -> NewClaim:
    """Return a registration with a draft that could be built."""
    account = account or an_account()
    claim = a_claim(quote_id or a_quote_id(), account.account_id)
    return NewClaim(account, claim, a_quote(claim) if details is None else a_quote(claim, details=details))


def a_claim_to_repair(account: Account | None = None, **changes: Any) -> NewClaim:
    """Return a registration with a draft that could not be built: its bytes are in the claim."""
    account = account or an_account()
    defaults = {"state": ClaimState.RETRY, "payload": b"old", "last_error": "draft unreadable"}
    return NewClaim(account, a_claim(a_quote_id(), account.account_id, **{**defaults, **changes}), None)


def another_claim(account: Account, **changes: Any) -> NewClaim:
    """Return the claim of a logged-in customer; its quote is not built yet."""
    return replace(a_claim_to_repair(account, **changes), account=None)
