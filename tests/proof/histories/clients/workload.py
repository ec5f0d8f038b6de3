"""The workload: each client starts a quote, saves it, ends it in one of several ways, and starts the next."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random

from entrypoints.services import Services
from tests.proof.histories.clients.client import Client, QuoteAccess
from tests.proof.histories.history import Operation, Recorder
from tests.support.real_service import race

_MAX_PAUSE = 0.1
"""The longest pause between two operations of a client, in seconds."""


@dataclass
class ClientPlan:
    """The random plan of one client, the same for the same seed. One thread at a time saves a quote."""

    client: Client
    random: Random
    current_id: str = ""
    """The quote at which it works."""
    numbers: dict[str, int] = field(default_factory=dict)
    """The last number that may have been saved of each quote."""
    claimed: deque[QuoteAccess] = field(default_factory=lambda: deque(maxlen=5))
    emails_used: int = 0

    def run(self) -> None:
        while not self.client.over.is_set():
            self._use_one_quote()

    def _use_one_quote(self) -> None:
        """Take one quote from its start to an end, or leave it open."""
        quote = self.client.start()
        if quote is None:
            return
        self.current_id = quote.quote_id
        for _ in range(self.random.randint(2, 6)):
            self._save(quote)
            if self.random.random() < 0.25:
                self.client.read(quote)
            self._pause()
        ends = {
            self._claim: 8,
            self._claim_with_a_taken_email: 1,
            self._claim_by_two: 3,
            self._claim_twice: 3,
            self._claim_while_saving: 4,
            self._claim_while_discarding: 2,
            self._discard: 2,
            self._leave: 2,
        }
        self.random.choices(list(ends), list(ends.values()))[0](quote)
        self._use_claimed_quote()

    def _claim(self, quote: QuoteAccess) -> None:
        self.client.claim(quote, self._new_email())
        self.claimed.append(quote)

    def _claim_with_a_taken_email(self, quote: QuoteAccess) -> None:
        if self.emails_used:
            self.client.claim(quote, self._email(self.emails_used))
            self._save(quote)
        self._claim(quote)

    def _claim_by_two(self, quote: QuoteAccess) -> None:
        one, other = self._new_email(), self._new_email()
        race([partial(self.client.claim, quote, one), partial(self._second_client.claim, quote, other)])
        self.claimed.append(quote)

    def _claim_twice(self, quote: QuoteAccess) -> None:
        email = self._new_email()
        race([partial(self.client.claim, quote, email), partial(self._second_client.claim, quote, email)])
        self.claimed.append(quote)

    def _claim_while_saving(self, quote: QuoteAccess) -> None:
        race([partial(self.client.claim, quote, self._new_email()), partial(self._save_thrice, quote)])
        self.claimed.append(quote)

    def _claim_while_discarding(self, quote: QuoteAccess) -> None:
        race([partial(self.client.claim, quote, self._new_email()), partial(self._second_client.discard, quote)])

    def _discard(self, quote: QuoteAccess) -> None:
        self.client.discard(quote)

    def _leave(self, quote: QuoteAccess) -> None:
        """Leave the quote open."""

    def _use_claimed_quote(self) -> None:
        """Use a quote that was claimed a while ago, as a form in another window does."""
        if self.claimed and self.random.random() < 0.5:
            quote = self.random.choice(self.claimed)
            self._save(quote)
            self.client.read(quote)
        self._pause()

    def _save(self, quote: QuoteAccess, client: Client | None = None) -> Operation:
        number = self.numbers[quote.quote_id] = self.numbers.get(quote.quote_id, 0) + 1
        return (client or self.client).save(quote, number)

    def _save_thrice(self, quote: QuoteAccess) -> Operation:
        return [self._save(quote, self._second_client) for _ in range(3)][-1]

    def _pause(self) -> None:
        self.client.over.wait(self.random.uniform(0, _MAX_PAUSE))

    @property
    def _second_client(self) -> Client:
        return replace(self.client, name=f"{self.client.name}b")

    def _new_email(self) -> str:
        self.emails_used += 1
        return self._email(self.emails_used)

    def _email(self, number: int) -> str:
        return f"{self.client.name}-{number}@example.com"


@contextmanager
def running_workload(services: Services, record: Recorder, seed: int, number: int) -> Iterator[list[ClientPlan]]:
    """Run so many clients in this block, each on a thread of its own."""
    over = threading.Event()
    plans = [
        ClientPlan(Client(f"c{n}", services, record, over), Random(f"{seed} {n}"))  # noqa: S311 - no secret
        for n in range(number)
    ]
    with ThreadPoolExecutor(number) as pool:
        runs = [pool.submit(plan.run) for plan in plans]
        try:
            yield plans
        finally:
            over.set()
        for run in runs:
            run.result()
