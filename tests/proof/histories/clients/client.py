"""The operations of the service as one client does them: each is recorded, and repeated while it is refused for now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from domain.claims import QuoteStatus
from domain.errors import ClaimInProgress
from domain.model import Quote
from entrypoints.services import Services
from tests.proof.histories.history import Answer, Asked, Kind, Operation, Recorder
from tests.world import applicant

TIMEOUT_S = 15.0
"""Seconds for which a client repeats what was refused for now."""
_BETWEEN_REPEATS = 0.1


class Held(NamedTuple):
    """A quote of which somebody has the token."""

    quote_id: str
    token: str


@dataclass(frozen=True)
class Hand:
    """Nothing is repeated any more once the load is `over`."""

    name: str
    services: Services
    record: Recorder
    over: threading.Event

    def start(self) -> Held | None:
        """None where it was never acknowledged: then nobody has its token."""
        started: list[Held] = []

        def call() -> Answer:
            quote = self.services.start_quote("motor", {"number": 0})
            started.append(Held(quote.quote_id, quote.token))
            return Answer(quote.quote_id, quote.revision)

        self._repeated(Asked(self.name, Kind.START), call)
        return started[0] if started else None

    def save(self, quote: Held, number: int) -> Operation:
        asked = Asked(self.name, Kind.SAVE, quote.quote_id, number=number)
        return self._repeated(asked, lambda: _seen(self.services.save_details(*quote, {"number": number})))

    def read(self, quote: Held) -> Operation:
        asked = Asked(self.name, Kind.READ, quote.quote_id)
        return self._repeated(asked, lambda: _seen(self.services.get_quote(*quote)))

    def claim(self, quote: Held, email: str) -> Operation:
        def call() -> Answer:
            registered = self.services.register_and_claim(*quote, applicant(email))
            is_pending = registered.quote.status is not QuoteStatus.CLAIMED
            return Answer(account_id=registered.account.account_id, is_pending=is_pending)

        return self._repeated(Asked(self.name, Kind.CLAIM, quote.quote_id, email=email), call)

    def discard(self, quote: Held) -> Operation:
        def call() -> Answer:
            self.services.discard_quote(*quote)
            return Answer()

        return self._repeated(Asked(self.name, Kind.DISCARD, quote.quote_id), call)

    def _repeated(self, asked: Asked, call: Callable[[], Answer]) -> Operation:
        until = time.monotonic() + TIMEOUT_S
        while True:
            operation = self.record.run(asked, call)
            is_final = not (operation.was_refused or operation.met(ClaimInProgress))
            if is_final or time.monotonic() > until or self.over.wait(_BETWEEN_REPEATS):
                return operation


def _seen(quote: Quote) -> Answer:
    number = quote.details["number"]
    assert isinstance(number, int)
    return Answer(revision=quote.revision, number=number)
