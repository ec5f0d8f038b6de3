"""Choices are replayed by seed or sequence, and shrunk."""

from __future__ import annotations

from tests.proof.schedules.exploration.choices import Choices, ChoiceSequence, shrink


def some(choices: Choices) -> list[object]:
    return [choices.below(5), choices.chance(40), choices.one_of("abc"), choices.some_of("abc"), choices.chance(0)]


def test_the_same_seed_or_recorded_sequence_makes_the_same_choices() -> None:
    for seed in range(50):
        at_random, again = Choices(seed), Choices(seed)
        decided = some(at_random)
        assert decided == some(again)
        assert decided == some(Choices(sequence=at_random.sequence))
    assert len({str(some(Choices(seed))) for seed in range(50)}) > 10


def test_a_missing_or_impossible_choice_is_the_simplest_one() -> None:
    assert some(Choices(sequence=[])) == [0, False, "a", ["a", "b", "c"], False]
    assert Choices(sequence=[7]).below(5) == 0


def test_a_failing_sequence_is_shrunk_as_far_as_possible() -> None:
    def fails(sequence: ChoiceSequence) -> bool:
        return sum(sequence) >= 12 and 7 in sequence

    assert shrink([3, 0, 9, 1, 7, 0, 0, 4, 2, 8, 0], fails) in ([5, 7], [7, 5])


def test_shrinking_ends_after_so_many_attempts() -> None:
    tried: list[ChoiceSequence] = []

    def fails(sequence: ChoiceSequence) -> bool:
        tried.append(sequence)
        return False

    shrink(list(range(100)), fails, attempts=10)
    assert len(tried) == 10
