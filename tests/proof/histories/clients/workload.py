"""Clients of the whole service: each starts a quote, saves it, ends it in one way or another, and starts the next."""

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
from tests.faults.real import race
from tests.proof.histories.clients.client import Hand, Held
from tests.proof.histories.history import Operation, Recorder

_THINKING = 0.1
"""Seconds, at most, between two operations of a client: what keeps the load moderate."""


@dataclass
class Client:
    """Its plan is random, but the same for the same seed; only one thread at a time saves a quote."""

    hand: Hand
    random: Random
    current_id: str = ""
    """Of the quote that it has in hand."""
    numbers: dict[str, int] = field(default_factory=dict)
    """The last number that was saved, or may have been, of each quote."""
    claimed: deque[Held] = field(default_factory=lambda: deque(maxlen=5))
    people: int = 0

    def run(self) -> None:
        while not self.hand.over.is_set():
            self._visit()

    def _visit(self) -> None:
        """One quote from its start to one of its ends, or left open."""
        quote = self.hand.start()
        if quote is None:
            return
        self.current_id = quote.quote_id
        for _ in range(self.random.randint(2, 6)):
            self._save(quote)
            if self.random.random() < 0.25:
                self.hand.read(quote)
            self._think()
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
        self._come_back()

    def _claim(self, quote: Held) -> None:
        self.hand.claim(quote, self._person())
        self.claimed.append(quote)

    def _claim_with_a_taken_email(self, quote: Held) -> None:
        if self.people:
            self.hand.claim(quote, self._email(self.people))
            self._save(quote)
        self._claim(quote)

    def _claim_by_two(self, quote: Held) -> None:
        one, other = self._person(), self._person()
        race([partial(self.hand.claim, quote, one), partial(self._second.claim, quote, other)])
        self.claimed.append(quote)

    def _claim_twice(self, quote: Held) -> None:
        person = self._person()
        race([partial(self.hand.claim, quote, person), partial(self._second.claim, quote, person)])
        self.claimed.append(quote)

    def _claim_while_saving(self, quote: Held) -> None:
        race([partial(self.hand.claim, quote, self._person()), partial(self._save_thrice, quote)])
        self.claimed.append(quote)

    def _claim_while_discarding(self, quote: Held) -> None:
        race([partial(self.hand.claim, quote, self._person()), partial(self._second.discard, quote)])

    def _discard(self, quote: Held) -> None:
        self.hand.discard(quote)

    def _leave(self, quote: Held) -> None:
        """Nobody comes back to it."""

    def _come_back(self) -> None:
        """To a quote that was claimed a while ago, as a form in another window does."""
        if self.claimed and self.random.random() < 0.5:
            quote = self.random.choice(self.claimed)
            self._save(quote)
            self.hand.read(quote)
        self._think()

    def _save(self, quote: Held, hand: Hand | None = None) -> Operation:
        number = self.numbers[quote.quote_id] = self.numbers.get(quote.quote_id, 0) + 1
        return (hand or self.hand).save(quote, number)

    def _save_thrice(self, quote: Held) -> Operation:
        return [self._save(quote, self._second) for _ in range(3)][-1]

    def _think(self) -> None:
        self.hand.over.wait(self.random.uniform(0, _THINKING))

    @property
    def _second(self) -> Hand:
        return replace(self.hand, name=f"{self.hand.name}b")

    def _person(self) -> str:
        self.people += 1
        return self._email(self.people)

    def _email(self, number: int) -> str:
        return f"{self.hand.name}-{number}@example.com"


@contextmanager
def busy(services: Services, record: Recorder, seed: int, number: int) -> Iterator[list[Client]]:
    """So many clients, each on a thread of its own, for as long as the block lasts."""
    over = threading.Event()
    clients = [
        Client(Hand(f"c{n}", services, record, over), Random(f"{seed} {n}"))  # noqa: S311 - no secret
        for n in range(number)
    ]
    with ThreadPoolExecutor(number) as pool:
        runs = [pool.submit(client.run) for client in clients]
        try:
            yield clients
        finally:
            over.set()
        for run in runs:
            run.result()
