"""Decisions that can be replayed and made simpler, so that whatever fails by chance can be looked at."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Script: TypeAlias = list[int]
"""The decisions of one run, in their order. 0 is always the simplest one, and what is missing at the end is 0."""


class Choices:
    """Decides at random, by a seed, or as a script says. What was decided is in `script`."""

    def __init__(self, seed: int | None = None, script: Sequence[int] = ()) -> None:
        self.script: Script = []
        self._random = None if seed is None else random.Random(seed)  # noqa: S311 - no secret
        self._given = iter(script)

    def below(self, end: int) -> int:
        """A number from 0 on, below `end`."""
        if self._random:
            chosen = self._random.randrange(end)
        else:
            chosen = next(self._given, 0)
            chosen = chosen if chosen < end else 0
        self.script.append(chosen)
        return chosen

    def one_of(self, options: Sequence[T]) -> T:
        """The first of them is the simplest."""
        return options[self.below(len(options))]

    def some_of(self, options: Sequence[T]) -> list[T]:
        """About half of them, at least one; all of them is the simplest."""
        return [option for option in options if not self.chance(50)] or [options[0]]

    def chance(self, percent: int) -> bool:
        """Whether something happens that happens so often."""
        if not percent:
            return False
        if self._random:
            self.script.append(int(self._random.randrange(100) < percent))
        else:
            self.script.append(int(next(self._given, 0) == 1))
        return bool(self.script[-1])


def shrunk(script: Script, fails: Callable[[Script], bool], attempts: int = 4000) -> Script:
    """
    A simpler script that fails too: spans are left out and decisions made 0 as long as it goes on failing. The idea is
    delta debugging (A. Zeller, R. Hildebrandt, 2002) on the decisions in place of what came of them (as in Hypothesis:
    D. MacIver, A. Donaldson, Test-Case Reduction via Test-Case Generation, 2020).
    """
    left = attempts
    is_done = False
    while not is_done:
        is_done = True
        for simpler in _simpler(script):
            if not left:
                return script
            left -= 1
            if fails(simpler):
                script, is_done = simpler, False
                break
    return script


def _simpler(script: Script) -> Iterator[Script]:
    trimmed = list(script)
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    if trimmed != script:
        yield trimmed
    span = len(script) // 2
    while span:
        for start in range(0, len(script), span):
            yield script[:start] + script[start + span :]
        span //= 2
    for place, chosen in enumerate(script):
        for lower in sorted({0, chosen // 2, chosen - 1}):
            if 0 <= lower < chosen:
                yield [*script[:place], lower, *script[place + 1 :]]
