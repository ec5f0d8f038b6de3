"""Claims for operators, as lines or as JSON; with personal data only on request."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.claims import Claim
from domain.model import Draft, Json, timestamp
from domain.repairing.audit import AuditEntry
from domain.repairing.summaries import CauseCount
from domain.use_cases.show_claim import ClaimDetails
from domain.use_cases.verify_claims import Finding

HIDDEN = "(hidden; --reveal shows it)"
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")


def span(length: timedelta) -> str:
    """Return a rounded length: `45s`, `12m`, `3h`, `2d`."""
    seconds = max(0, round(length.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def claim_json(claim: Claim) -> dict[str, Any]:
    """Return the claim without personal data."""
    return {
        "quote_id": claim.quote_id,
        "state": claim.state.value,
        "cause": None if claim.cause is None else claim.cause.value,
        "last_error": claim.last_error,
        "attempts": claim.attempts,
        "next_at": None if claim.next_at is None else timestamp(claim.next_at),
        "claimed_at": timestamp(claim.created_at),
        "account_id": claim.account_id,
        "revision": claim.source_revision,
        "cleanup": claim.cleanup.value,
        "key_id": claim.key_id,
        "payload_bytes": None if claim.payload is None else len(claim.payload),
        "payload_sha256": None if claim.payload is None else hashlib.sha256(claim.payload).hexdigest(),
    }


def details_json(details: ClaimDetails, *, reveal: bool) -> dict[str, Any]:
    """Return the claim with the structure of its draft; with `reveal`, with the draft, payload and personal data."""
    claim, account, draft = details.claim, details.account, details.draft
    known = claim_json(claim) | {
        "quote": None if details.quote is None else {"revision": details.quote.source_revision},
        "account": None,
        "draft": None if draft is None else draft_json(draft if reveal else masked(draft)),
        "acts": [audit_json(entry) for entry in details.audit_log],
    }
    if account:
        email, name = (account.email.address, account.name) if reveal else (HIDDEN, HIDDEN)
        known["account"] = {"account_id": account.account_id, "email": email, "name": name}
    if reveal and claim.payload is not None:
        known["payload_base64"] = base64.b64encode(claim.payload).decode()
    return known


def audit_json(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": timestamp(entry.at),
        "quote_id": entry.quote_id,
        "act": entry.action.value,
        "by": entry.actor,
        "reason": entry.reason,
        "before": dict(entry.before),
        "after": dict(entry.after),
    }


def count_json(count: CauseCount) -> dict[str, Any]:
    cause = None if count.cause is None else count.cause.value
    return {"state": count.state.value, "cause": cause, "claims": count.count, "oldest": timestamp(count.oldest)}


def finding_json(finding: Finding) -> dict[str, Any]:
    return {"finding": finding.kind.value, "subject": finding.subject, "detail": finding.detail}


def draft_json(draft: Draft) -> dict[str, Json]:
    """Return the draft in the form that `retry --payload` reads."""
    return {"product": draft.product, "details": draft.details}


def masked(draft: Draft) -> Draft:
    """Return the draft with the kind of each value in its place. Names unlike field names are hidden too."""
    return Draft(draft.product, _members(draft.details))


def claim_lines(claims: Sequence[Claim], now: datetime) -> list[str]:
    rows = [
        (
            claim.quote_id,
            claim.state.value,
            claim.cause.value if claim.cause else "-",
            str(claim.attempts),
            span(now - claim.created_at),
            _until(claim.next_at, now),
        )
        for claim in claims
    ]
    return table(("QUOTE", "STATE", "CAUSE", "ATTEMPTS", "AGE", "NEXT"), rows)


def count_lines(counts: Sequence[CauseCount], now: datetime) -> list[str]:
    rows = [
        (count.state.value, count.cause.value if count.cause else "-", str(count.count), span(now - count.oldest))
        for count in counts
    ]
    return table(("STATE", "CAUSE", "CLAIMS", "OLDEST"), rows)


def audit_lines(entries: Sequence[AuditEntry]) -> list[str]:
    rows = [
        (timestamp(entry.at), entry.quote_id, entry.action.value, entry.actor, _change(entry), entry.reason or "-")
        for entry in entries
    ]
    return table(("AT", "QUOTE", "ACT", "BY", "CHANGE", "REASON"), rows)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return aligned columns, each cell on one line."""
    rows = [tuple(printable(cell) for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    ]


def _until(time: datetime | None, now: datetime) -> str:
    if time is None:
        return "-"
    return f"in {span(time - now)}" if time > now else "now"


def printable(text: str | bytes) -> str:
    """Escape control characters, so that a terminal obeys nothing in the text."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_text(document: object, *, indent: int | None = 2) -> str:
    """Return JSON with letters of every script as they are, and control characters escaped."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def _change(entry: AuditEntry) -> str:
    """Return `dead → retry`, and `draft replaced` if the draft has changed."""
    before, after = entry.before, entry.after
    if before == after:
        return "-"
    state = f"{before['state']} → {after['state']}"
    is_replaced = after["payload_sha256"] not in (None, before["payload_sha256"])
    return state + (", draft replaced" if is_replaced else "")


def _members(details: Mapping[str, Json]) -> dict[str, Json]:
    names = (name if _PLAIN_NAME.fullmatch(name) else f"(hidden {n})" for n, name in enumerate(details, start=1))
    return {name: _kind(item) for name, item in zip(names, details.values(), strict=True)}


def _kind(value: Json) -> Json:
    match value:
        case dict():
            return _members(value)
        case list():
            return [_kind(item) for item in value]
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case _:
            return None


def details_lines(details: ClaimDetails, now: datetime, *, reveal: bool) -> Iterable[str]:
    """Return one fact a line."""
    known = details_json(details, reveal=reveal)
    account, quote = known["account"], known["quote"]
    facts = {
        "quote": known["quote_id"],
        "state": known["state"],
        "cause": known["cause"],
        "last error": known["last_error"],
        "attempts": known["attempts"],
        "next": details.claim.next_at and f"{known['next_at']} ({_until(details.claim.next_at, now)})",
        "claimed": f"{known['claimed_at']} ({span(now - details.claim.created_at)} ago)",
        "account": account and account["account_id"],
        "e-mail": account and account["email"],
        "name": account and account["name"],
        "built quote": quote and f"revision {quote['revision']}",
        "revision": known["revision"],
        "cleanup": known["cleanup"],
        "server key": known["key_id"],
        "payload": details.claim.payload is not None
        and f"{known['payload_bytes']} bytes, SHA-256 {known['payload_sha256'][:12]}",
    }
    texts = {name: "-" if value is None or value is False else str(value) for name, value in facts.items()}
    return [f"{name + ':':13}{printable(text)}" for name, text in texts.items()]
