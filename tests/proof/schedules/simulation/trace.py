"""The trace: a history as lines of text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.claims import Claim
from domain.model import Access, Account, Quote, QuoteRef, StoredDraft
from domain.use_cases.claim_quote import ClaimQuoteResult
from domain.use_cases.log_in import LoggedIn
from domain.use_cases.register_and_claim import Registered
from tests.proof.schedules.faults.port_calls import Call, Fault

_LONGEST = 120
_ACCESS_TOKEN = re.compile(r"\bat_[\w-]+")
"""Access tokens are random, so they are left out."""


def format_trace(history: Sequence[tuple[object, ...]]) -> list[str]:
    """Return a line for each call, answer and event."""
    return ["  ".join(map(_word, event)) for event in history]


def _word(thing: object) -> str:
    match thing:
        case Call():
            return f"{thing.name}({', '.join(map(_word, thing.args))})"
        case Fault():
            return thing.value
        case Claim():
            return f"{thing.state} claim, version {thing.version}, revision {thing.source_revision}"
        case Account():
            return thing.email.key
        case Quote() | StoredDraft():
            return f"revision {thing.revision}"
        case Registered() | LoggedIn() | Access() | ClaimQuoteResult():
            return _answer(thing)
        case Exception():
            return type(thing).__name__
        case QuoteRef():
            return thing.quote_id
        case bytes():
            return thing.lstrip(b"\0").hex()
        case _:
            text = _ACCESS_TOKEN.sub("a session", str(thing))
            return text if len(text) < _LONGEST else f"{text[:_LONGEST]}…"


def _answer(answer: Registered | LoggedIn | Access | ClaimQuoteResult) -> str:
    match answer:
        case Registered():
            return f"{answer.quote.status} for {answer.account.email.key}"
        case LoggedIn():
            return f"a session of {answer.account.email.key}"
        case Access():
            return "a session"
        case ClaimQuoteResult():
            return f"{answer.quote.status}, {'by this request' if answer.is_new else 'already'}"
