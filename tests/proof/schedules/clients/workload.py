"""
Who comes next, and what for: by choice. Each schedule leaves out about half of the kinds of people, since some bugs
show only where some are many (swarm testing: A. Groce et al., 2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from domain.use_cases.start_quote import Started
from tests.proof.schedules.clients.account_clients import OWNERS, Owners
from tests.proof.schedules.clients.quote_clients import EMAILS, PASSWORDS, People, person
from tests.proof.schedules.exploration.choices import Choices

Entrance: TypeAlias = Callable[[Started], object]


@dataclass
class Cast:
    """Lets people enter, to one of these quotes each."""

    people: People
    owners: Owners
    choices: Choices
    quotes: list[Started]

    def __post_init__(self) -> None:
        people, owners = self.people, self.owners
        kinds: list[Entrance] = [
            self._claimer,
            self._saver,
            self._reconciler,
            self._discarder,
            self._owner,
            self._eraser,
            self._deleter,
            self._changer,
            lambda quote: owners.logs_in(quote, self._whose(), is_wrong=self.choices.chance(20)),
            lambda quote: owners.logs_out(quote, self._whose()),
            lambda quote: owners.looks(quote, self._whose()),
            lambda quote: people.purges(in_time=not self.choices.chance(25)),
            people.merges,
            people.reads,
            lambda quote: people.retries(quote, repaired=self.choices.chance(50)),
            people.gives_up,
        ]
        self._kinds = [self._claimer, self._saver, self._reconciler, *self.choices.some_of(kinds)]

    def enter(self) -> None:
        """One more."""
        self.choices.one_of(self._kinds)(self.choices.one_of(self.quotes))

    def _claimer(self, quote: Started) -> None:
        email = self.choices.one_of((*EMAILS, *EMAILS, OWNERS[0]))
        name = "Ada" if self.choices.chance(10) else None
        who = person(email, PASSWORDS[int(self.choices.chance(10))], name)
        key = "a key" if self.choices.chance(25) else None
        expected = quote.revision if self.choices.chance(10) else None
        self.people.claims(quote, who, expected, repeats=self.choices.below(4), key=key)

    def _owner(self, quote: Started) -> None:
        expected = quote.revision if self.choices.chance(10) else None
        self.owners.claims(quote, self._settled(), expected, repeats=self.choices.below(4))

    def _deleter(self, quote: Started) -> None:
        self.owners.deletes(quote, self._whose(), repeats=self.choices.below(2))

    def _eraser(self, quote: Started) -> None:
        whose = self._whose()
        self.owners.erases(quote, whose, repeats=self.choices.below(3), is_wrong=self.choices.chance(10))

    def _changer(self, quote: Started) -> None:
        self.owners.changes_password(quote, self._whose(), is_wrong=self.choices.chance(10))

    def _whose(self) -> str | None:
        """Of who has it by then, or had an account before."""
        return self._settled() if self.choices.chance(50) else None

    def _settled(self) -> str:
        email = self.choices.one_of(OWNERS)
        self.owners.settle(email)
        return email

    def _saver(self, quote: Started) -> None:
        expected = quote.revision if self.choices.chance(20) else None
        self.people.saves(quote, 1 + self.choices.below(3), expected, poison=self.choices.chance(5))

    def _discarder(self, quote: Started) -> None:
        expected = quote.revision if self.choices.chance(20) else None
        self.people.discards(quote, self.choices.below(2), expected)

    def _reconciler(self, quote: Started) -> None:
        self.people.reconciles(1 + self.choices.below(3), in_time=not self.choices.chance(25))
