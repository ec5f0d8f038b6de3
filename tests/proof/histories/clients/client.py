"""A client: calls the service, records each operation, and repeats it while it is refused for the moment."""

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
from tests.proof.histories.history import Answer, Invocation, Kind, Operation, Recorder
from tests.support.in_memory_service import applicant

TIMEOUT_S = 15.0
"""Seconds for which a client repeats a refused operation."""
_BETWEEN_REPEATS = 0.1


class QuoteAccess(NamedTuple):
    """A quote and its token."""

    quote_id: str
    token: str


@dataclass(frozen=True)
class Client:
    """A client; it stops repeating once the workload is `over`."""

    name: str
    services: Services
    record: Recorder
    over: threading.Event

    def start(self) -> QuoteAccess | None:
        """Start a quote. Return None if that was never acknowledged: nobody has its token."""
        started: list[QuoteAccess] = []

        def call() -> Answer:
            quote = self.services.start_quote("motor", {"number": 0})
            started.append(QuoteAccess(quote.quote_id, quote.token))
            return Answer(quote.quote_id, quote.revision)

        self._repeat(Invocation(self.name, Kind.START), call)
        return started[0] if started else None

    def save(self, quote: QuoteAccess, number: int) -> Operation:
        invocation = Invocation(self.name, Kind.SAVE, quote.quote_id, number=number)
        return self._repeat(invocation, lambda: _shown(self.services.save_details(*quote, {"number": number})))

    def read(self, quote: QuoteAccess) -> Operation:
        invocation = Invocation(self.name, Kind.READ, quote.quote_id)
        return self._repeat(invocation, lambda: _shown(self.services.get_quote(*quote)))

    def claim(self, quote: QuoteAccess, email: str) -> Operation:
        def call() -> Answer:
            registered = self.services.register_and_claim(*quote, applicant(email))
            is_pending = registered.quote.status is not QuoteStatus.CLAIMED
            return Answer(account_id=registered.account.account_id, is_pending=is_pending)

        return self._repeat(Invocation(self.name, Kind.CLAIM, quote.quote_id, email=email), call)

    def discard(self, quote: QuoteAccess) -> Operation:
        def call() -> Answer:
            self.services.discard_quote(*quote)
            return Answer()

        return self._repeat(Invocation(self.name, Kind.DISCARD, quote.quote_id), call)

    def _repeat(self, invocation: Invocation, call: Callable[[], Answer]) -> Operation:
        until = time.monotonic() + TIMEOUT_S
        while True:
            operation = self.record.run(invocation, call)
            is_final = not (operation.was_refused or operation.met(ClaimInProgress))
            if is_final or time.monotonic() > until or self.over.wait(_BETWEEN_REPEATS):
                return operation


def _shown(quote: Quote) -> Answer:
    number = quote.details["number"]
    assert isinstance(number, int)
    return Answer(revision=quote.revision, number=number)
