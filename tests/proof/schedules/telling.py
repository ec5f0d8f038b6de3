"""What happened on a stage, for a reader."""

from __future__ import annotations

from collections.abc import Sequence

from domain.claims import Claim
from domain.model import Account, Quote, QuoteRef, StoredDraft
from domain.use_cases.register_and_claim import Registered
from tests.proof.schedules.calls import Call, Fault

_LONGEST = 120


def told(history: Sequence[tuple[object, ...]]) -> list[str]:
    """A line for each call, answer and event."""
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
        case Registered():
            return f"{thing.quote.status} for {thing.account.email.key}"
        case Exception():
            return type(thing).__name__
        case QuoteRef():
            return thing.quote_id
        case bytes():
            return thing.lstrip(b"\0").hex()
        case _:
            text = str(thing)
            return text if len(text) < _LONGEST else f"{text[:_LONGEST]}…"
