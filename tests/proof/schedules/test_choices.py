"""Choices are replayed by seed or sequence, and shrunk."""

from __future__ import annotations

from tests.proof.schedules.exploration.choices import Choices, ChoiceSequence, shrink


def some(choices: Choices) -> list[object]:
    return [choices.below(5), choices.chance(40), choices.one_of("abc"), choices.some_of("abc"), choices.chance(0)]


def test_the_same_seed_decides_the_same_and_so_does_what_was_written_down() -> None:
    for seed in range(50):
        at_random, again = Choices(seed), Choices(seed)
        decided = some(at_random)
        assert decided == some(again)
        assert decided == some(Choices(sequence=at_random.sequence))
    assert len({str(some(Choices(seed))) for seed in range(50)}) > 10


def test_what_is_missing_or_not_possible_is_the_simplest() -> None:
    assert some(Choices(sequence=[])) == [0, False, "a", ["a", "b", "c"], False]
    assert Choices(sequence=[7]).below(5) == 0


def test_what_fails_is_made_as_simple_as_it_can_be() -> None:
    def fails(sequence: ChoiceSequence) -> bool:
        return sum(sequence) >= 12 and 7 in sequence

    assert shrink([3, 0, 9, 1, 7, 0, 0, 4, 2, 8, 0], fails) in ([5, 7], [7, 5])


def test_it_ends_after_so_many_attempts() -> None:
    tried: list[ChoiceSequence] = []

    def fails(sequence: ChoiceSequence) -> bool:
        tried.append(sequence)
        return False

    shrink(list(range(100)), fails, attempts=10)
    assert len(tried) == 10
