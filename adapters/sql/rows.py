"""Conversion of the domain's values to rows, and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

import orjson

from adapters.sql.models import AccountRow, AuditRow, ClaimRow, QuoteRow
from domain.claims import Cause, Claim, ClaimedQuote, ClaimState, Cleanup, RequestMark
from domain.errors import QuoteRefused
from domain.model import (
    LAST_REVISION,
    Account,
    AccountId,
    Details,
    Email,
    KeyId,
    QuoteId,
    Revision,
    instant,
    milliseconds,
)
from domain.repairing.audit import AuditAction, AuditEntry

Row: TypeAlias = dict[str, Any]
_STATES, _CLEANUPS, _CAUSES = (frozenset(member.value for member in words) for words in (ClaimState, Cleanup, Cause))


def account_row(account: Account) -> Row:
    return {
        "account_id": account.account_id,
        "email": account.email.address,
        "email_key": account.email.key,
        "name": account.name,
        "password_hash": account.password_hash,
        "credentials_version": account.credentials_version,
        "created_at": milliseconds(account.created_at),
    }


def account_of(row: AccountRow) -> Account:
    return Account(
        account_id=AccountId(row.account_id),
        email=Email(row.email, row.email_key),
        name=row.name,
        password_hash=row.password_hash,
        created_at=instant(row.created_at),
        credentials_version=row.credentials_version,
    )


def claim_row(claim: Claim) -> Row:
    created_at = milliseconds(claim.created_at)
    fixed: Row = {
        "quote_id": claim.quote_id,
        "key_id": claim.key_id,
        "created_at": created_at,
        "request_key_hash": None if claim.request is None else claim.request.key_hash,
        "request_fingerprint": None if claim.request is None else claim.request.fingerprint,
    }
    return fixed | claim_changes(claim, updated_at=created_at)


def claim_changes(claim: Claim, updated_at: int) -> Row:
    """Return the columns that may change from one version of a claim to the next."""
    return {
        "account": claim.account_id,
        "state": claim.state.value,
        "source_revision": claim.source_revision,
        "payload": claim.payload,
        "cleanup": claim.cleanup.value,
        "attempts": claim.attempts,
        "finished_at": _milliseconds_or_none(claim.finished_at),
        "next_at": _milliseconds_or_none(claim.next_at),
        "cause": None if claim.cause is None else claim.cause.value,
        "last_error": claim.last_error,
        "version": claim.version,
        "updated_at": updated_at,
    }


def discarded_changes(now: int) -> Row:
    """Return the columns of a discarded claim: `Claim.discarded`, for many claims at once."""
    return {
        "account": None,
        "state": ClaimState.DISCARDED.value,
        "source_revision": LAST_REVISION,
        "payload": None,
        "request_key_hash": None,
        "request_fingerprint": None,
        "cleanup": Cleanup.PENDING.value,
        "attempts": 0,
        "finished_at": None,
        "next_at": now,
        "cause": None,
        "last_error": None,
        "updated_at": now,
    }


def claim_of(row: ClaimRow) -> Claim:
    return Claim(
        quote_id=QuoteId(row.quote_id),
        key_id=KeyId(row.key_id),
        account_id=None if row.account_id is None else AccountId(row.account_id),
        state=state_of(row.state),
        source_revision=Revision(row.source_revision),
        created_at=instant(row.created_at),
        payload=None if row.payload is None else bytes(row.payload),
        cleanup=cleanup_of(row.cleanup),
        attempts=row.attempts,
        finished_at=_instant_or_none(row.finished_at),
        next_at=_instant_or_none(row.next_at),
        cause=cause_of(row.cause),
        last_error=row.last_error,
        request=_request_of(row),
        version=row.version,
    )


def _request_of(row: ClaimRow) -> RequestMark | None:
    if row.request_key_hash is None or row.request_fingerprint is None:
        return None
    return RequestMark(row.request_key_hash, row.request_fingerprint)


def state_of(word: str) -> ClaimState:
    return ClaimState(word) if word in _STATES else ClaimState.UNKNOWN


def cleanup_of(word: str) -> Cleanup:
    return Cleanup(word) if word in _CLEANUPS else Cleanup.PENDING


def cause_of(word: str | None) -> Cause | None:
    if word is None:
        return None
    return Cause(word) if word in _CAUSES else Cause.UNKNOWN


def quote_row(quote: ClaimedQuote) -> Row:
    return {
        "quote_id": quote.quote_id,
        "account": quote.account_id,
        "product": quote.product,
        "details": details_text(quote.details),
        "source_revision": quote.source_revision,
        "created_at": milliseconds(quote.created_at),
        "claimed_at": milliseconds(quote.claimed_at),
    }


def quote_of(row: QuoteRow) -> ClaimedQuote:
    return ClaimedQuote(
        quote_id=QuoteId(row.quote_id),
        account_id=AccountId(row.account_id),
        product=row.product,
        details=orjson.loads(row.details),
        source_revision=Revision(row.source_revision),
        created_at=instant(row.created_at),
        claimed_at=instant(row.claimed_at),
    )


def details_text(details: Details) -> str:
    """
    Return the details as compact JSON, with the members in their order.

    Raises: QuoteRefused (a value cannot be written as JSON in UTF-8, or an integer exceeds 64 bits)
    """
    try:
        return orjson.dumps(details).decode()
    except orjson.JSONEncodeError as error:
        raise QuoteRefused(f"the details cannot be written as JSON: {error}") from error


def audit_row(entry: AuditEntry) -> Row:
    return {
        "quote_id": entry.quote_id,
        "kind": entry.action.value,
        "actor": entry.actor,
        "reason": entry.reason,
        "state_before": orjson.dumps(entry.before).decode(),
        "state_after": orjson.dumps(entry.after).decode(),
        "acted_at": milliseconds(entry.at),
        "account_id": entry.account_id,
    }


def audit_entry_of(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        quote_id=QuoteId(row.quote_id),
        action=AuditAction(row.kind),
        actor=row.actor,
        reason=row.reason,
        at=instant(row.acted_at),
        before=orjson.loads(row.state_before),
        after=orjson.loads(row.state_after),
        account_id=None if row.account_id is None else AccountId(row.account_id),
    )


def _milliseconds_or_none(time: datetime | None) -> int | None:
    return None if time is None else milliseconds(time)


def _instant_or_none(time: int | None) -> datetime | None:
    return None if time is None else instant(time)
