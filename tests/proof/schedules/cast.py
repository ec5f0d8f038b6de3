"""
Who comes next, and what for: by choice. Each schedule leaves out about half of the kinds of people, since some bugs
show only where some are many (swarm testing: A. Groce et al., 2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from domain.use_cases.start_quote import Started
from tests.proof.schedules.choices import Choices
from tests.proof.schedules.people import EMAILS, PASSWORDS, People, person

Entrance: TypeAlias = Callable[[Started], object]


@dataclass
class Cast:
    """Lets people enter, to one of these quotes each."""

    people: People
    choices: Choices
    quotes: list[Started]

    def __post_init__(self) -> None:
        people = self.people
        kinds: list[Entrance] = [
            self._claimer,
            self._saver,
            self._reconciler,
            self._discarder,
            people.erases,
            people.merges,
            people.reads,
            lambda quote: people.retries(quote, mended=self.choices.chance(50)),
            people.gives_up,
        ]
        self._kinds = [self._claimer, self._saver, self._reconciler, *self.choices.some_of(kinds)]

    def enter(self) -> None:
        """One more."""
        self.choices.one_of(self._kinds)(self.choices.one_of(self.quotes))

    def _claimer(self, quote: Started) -> None:
        who = person(self.choices.one_of(EMAILS), PASSWORDS[int(self.choices.chance(10))])
        expected = quote.revision if self.choices.chance(10) else None
        self.people.claims(quote, who, expected, repeats=self.choices.below(4))

    def _saver(self, quote: Started) -> None:
        expected = quote.revision if self.choices.chance(20) else None
        self.people.saves(quote, 1 + self.choices.below(3), expected, poison=self.choices.chance(5))

    def _discarder(self, quote: Started) -> None:
        expected = quote.revision if self.choices.chance(20) else None
        self.people.discards(quote, self.choices.below(2), expected)

    def _reconciler(self, quote: Started) -> None:
        self.people.reconciles(1 + self.choices.below(3), in_time=not self.choices.chance(25))
