"""
A random workload: the choices decide which client comes next, and its operation.

Each schedule leaves out about half of the kinds, since some bugs show only when others are rare (swarm testing:
A. Groce et al., 2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from domain.use_cases.start_quote import Started
from tests.proof.schedules.clients.account_clients import ACCOUNT_EMAILS, AccountClients
from tests.proof.schedules.clients.quote_clients import EMAILS, PASSWORDS, QuoteClients, make_applicant
from tests.proof.schedules.exploration.choices import Choices

StartClient: TypeAlias = Callable[[Started], object]


@dataclass
class Workload:
    """Starts clients, each at one of these quotes."""

    clients: QuoteClients
    account_clients: AccountClients
    choices: Choices
    quotes: list[Started]

    def __post_init__(self) -> None:
        clients, account_clients = self.clients, self.account_clients
        starts: list[StartClient] = [
            self._register,
            self._save,
            self._reconcile,
            self._discard,
            self._claim,
            self._erase,
            self._delete,
            self._change_password,
            lambda quote: account_clients.log_in(quote, self._maybe_account(), is_wrong=self.choices.chance(20)),
            lambda quote: account_clients.log_out(quote, self._maybe_account()),
            lambda quote: account_clients.view_account(quote, self._maybe_account()),
            lambda quote: clients.purge(when_due=not self.choices.chance(25)),
            clients.merge,
            clients.read,
            lambda quote: clients.retry(quote, repaired=self.choices.chance(50)),
            clients.give_up,
        ]
        self._starts = [self._register, self._save, self._reconcile, *self.choices.some_of(starts)]

    def start_client(self) -> None:
        """Start one more client."""
        self.choices.one_of(self._starts)(self.choices.one_of(self.quotes))

    def _register(self, quote: Started) -> None:
        email = self.choices.one_of((*EMAILS, *EMAILS, ACCOUNT_EMAILS[0]))
        name = "Ada" if self.choices.chance(10) else None
        applicant = make_applicant(email, PASSWORDS[int(self.choices.chance(10))], name)
        key = "a key" if self.choices.chance(25) else None
        expected = quote.revision if self.choices.chance(10) else None
        self.clients.register(quote, applicant, expected, repeats=self.choices.below(4), key=key)

    def _claim(self, quote: Started) -> None:
        expected = quote.revision if self.choices.chance(10) else None
        self.account_clients.claim(quote, self._seeded_account(), expected, repeats=self.choices.below(4))

    def _delete(self, quote: Started) -> None:
        self.account_clients.delete(quote, self._maybe_account(), repeats=self.choices.below(2))

    def _erase(self, quote: Started) -> None:
        email = self._maybe_account()
        self.account_clients.erase(quote, email, repeats=self.choices.below(3), is_wrong=self.choices.chance(10))

    def _change_password(self, quote: Started) -> None:
        self.account_clients.change_password(quote, self._maybe_account(), is_wrong=self.choices.chance(10))

    def _maybe_account(self) -> str | None:
        """Return the e-mail of a seeded account, or None for the quote's owner."""
        return self._seeded_account() if self.choices.chance(50) else None

    def _seeded_account(self) -> str:
        email = self.choices.one_of(ACCOUNT_EMAILS)
        self.account_clients.seed_account(email)
        return email

    def _save(self, quote: Started) -> None:
        expected = quote.revision if self.choices.chance(20) else None
        self.clients.save(quote, 1 + self.choices.below(3), expected, poison=self.choices.chance(5))

    def _discard(self, quote: Started) -> None:
        expected = quote.revision if self.choices.chance(20) else None
        self.clients.discard(quote, self.choices.below(2), expected)

    def _reconcile(self, quote: Started) -> None:
        self.clients.reconcile(1 + self.choices.below(3), when_due=not self.choices.chance(25))
