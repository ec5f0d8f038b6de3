"""Random choices that can be replayed and shrunk."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

T = TypeVar("T")
ChoiceSequence: TypeAlias = list[int]
"""The choices of one run in their order. 0 is the simplest choice; missing ones are 0."""


class Choices:
    """Chooses by a seed, or replays a sequence. `sequence` records the choices."""

    def __init__(self, seed: int | None = None, sequence: Sequence[int] = ()) -> None:
        self.sequence: ChoiceSequence = []
        self._random = None if seed is None else random.Random(seed)  # noqa: S311 - no secret
        self._given = iter(sequence)

    def below(self, end: int) -> int:
        """Choose a number from 0 to `end` - 1."""
        if self._random:
            chosen = self._random.randrange(end)
        else:
            chosen = next(self._given, 0)
            chosen = chosen if chosen < end else 0
        self.sequence.append(chosen)
        return chosen

    def one_of(self, options: Sequence[T]) -> T:
        """Choose an option; the first is the simplest."""
        return options[self.below(len(options))]

    def some_of(self, options: Sequence[T]) -> list[T]:
        """Choose about half of the options, at least one; all of them is the simplest."""
        return [option for option in options if not self.chance(50)] or [options[0]]

    def chance(self, percent: int) -> bool:
        """Choose True with this probability."""
        if not percent:
            return False
        if self._random:
            self.sequence.append(int(self._random.randrange(100) < percent))
        else:
            self.sequence.append(int(next(self._given, 0) == 1))
        return bool(self.sequence[-1])


def shrink(sequence: ChoiceSequence, fails: Callable[[ChoiceSequence], bool], attempts: int = 4000) -> ChoiceSequence:
    """
    Return a simpler sequence that fails too.

    Spans are left out and choices made 0 while the run still fails: delta debugging (A. Zeller, R. Hildebrandt, 2002)
    on choices in place of their results, as in Hypothesis (D. MacIver, A. Donaldson, Test-Case Reduction via Test-Case
    Generation, 2020).
    """
    left = attempts
    is_done = False
    while not is_done:
        is_done = True
        for simpler in _simpler(sequence):
            if not left:
                return sequence
            left -= 1
            if fails(simpler):
                sequence, is_done = simpler, False
                break
    return sequence


def _simpler(sequence: ChoiceSequence) -> Iterator[ChoiceSequence]:
    trimmed = list(sequence)
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    if trimmed != sequence:
        yield trimmed
    span = len(sequence) // 2
    while span:
        for start in range(0, len(sequence), span):
            yield sequence[:start] + sequence[start + span :]
        span //= 2
    for place, chosen in enumerate(sequence):
        for lower in sorted({0, chosen // 2, chosen - 1}):
            if 0 <= lower < chosen:
                yield [*sequence[:place], lower, *sequence[place + 1 :]]
