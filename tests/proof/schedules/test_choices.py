"""Decisions are replayed, and made simpler as far as that goes."""

from __future__ import annotations

from tests.proof.schedules.exploration.choices import Choices, Script, shrunk


def some(choices: Choices) -> list[object]:
    return [choices.below(5), choices.chance(40), choices.one_of("abc"), choices.some_of("abc"), choices.chance(0)]


def test_the_same_seed_decides_the_same_and_so_does_what_was_written_down() -> None:
    for seed in range(50):
        at_random, again = Choices(seed), Choices(seed)
        decided = some(at_random)
        assert decided == some(again)
        assert decided == some(Choices(script=at_random.script))
    assert len({str(some(Choices(seed))) for seed in range(50)}) > 10


def test_what_is_missing_or_not_possible_is_the_simplest() -> None:
    assert some(Choices(script=[])) == [0, False, "a", ["a", "b", "c"], False]
    assert Choices(script=[7]).below(5) == 0


def test_what_fails_is_made_as_simple_as_it_can_be() -> None:
    def fails(script: Script) -> bool:
        return sum(script) >= 12 and 7 in script

    assert shrunk([3, 0, 9, 1, 7, 0, 0, 4, 2, 8, 0], fails) in ([5, 7], [7, 5])


def test_it_ends_after_so_many_attempts() -> None:
    tried: list[Script] = []
    shrunk(list(range(100)), lambda script: bool(tried.append(script)), attempts=10)
    assert len(tried) == 10
