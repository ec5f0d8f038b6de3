"""The project's English: docstrings begin with a verb or a noun; sentences are short and name things."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from tests.unit.support import prose
from tests.unit.support.prose import Passage

PRODUCT = ("domain", "adapters", "entrypoints", "stubs")
VAGUE_DOCSTRINGS = {"product": 0.02, "tests": 0.04}
VAGUE_PER_1000_WORDS = {"product": 4.0, "docs": 4.0, "tests": 4.0}
# The rules themselves are quoted where they are kept.
RULES = {"tests/unit/test_english.py", "tests/unit/support/prose.py"}


def docstrings(part: str) -> list[Passage]:
    rooms = PRODUCT if part == "product" else ("tests",)
    return [passage for path in prose.code(*rooms) for passage in prose.docstrings(path)]


def passages(part: str) -> list[Passage]:
    """Return the prose of a part: of tests without their messages, which quote answers and made-up input."""
    if part == "docs":
        return [prose.page(path) for path in prose.pages()]
    files = prose.code(*PRODUCT) if part == "product" else prose.code("tests")
    found = docstrings(part) + [passage for path in files for passage in prose.comments(path)]
    if part == "product":
        found += [passage for path in files for passage in prose.messages(path)]
        found += [prose.script(path) for path in prose.ROOT.glob("adapters/redis/scripts/*.lua")]
        found += [prose.template(path) for path in prose.ROOT.glob("entrypoints/http/templates/**/*.html")]
    return [passage for passage in found if passage.place.partition(":")[0] not in RULES]


def matches(pattern: re.Pattern[str], found: Iterable[Passage]) -> list[str]:
    return [passage.shown(match) for passage in found for match in pattern.finditer(passage.text)]


@pytest.mark.parametrize("part", ["product", "tests"])
def test_docstrings_begin_with_a_verb_or_a_noun(part: str) -> None:
    found = docstrings(part)
    vague = [
        f"{passage.place}: {passage.text.splitlines()[0]}"
        for passage in found
        if prose.VAGUE_OPENINGS.match(passage.text)
    ]
    assert len(vague) <= VAGUE_DOCSTRINGS[part] * len(found), "\n".join(vague)


@pytest.mark.parametrize("part", ["product", "docs", "tests"])
def test_sentences_name_the_thing(part: str) -> None:
    found = passages(part)
    vague = matches(prose.VAGUE_WORDS, found)
    words = sum(passage.words for passage in found)
    assert 1000 * len(vague) / words <= VAGUE_PER_1000_WORDS[part], "\n".join(vague)


@pytest.mark.parametrize("part", ["product", "docs", "tests"])
def test_is_no_and_gendered_words_are_absent(part: str) -> None:
    found = passages(part)
    assert matches(prose.IS_NO, found) + matches(prose.GENDERED, found) == []


def test_names_of_tests_have_no_gendered_words() -> None:
    names = [
        f"{path.relative_to(prose.ROOT)}: {name}"
        for path in prose.code("tests")
        for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
        if prose.GENDERED.search(name.replace("_", " "))
    ]
    assert names == []


@pytest.mark.parametrize("part", ["product", "docs", "tests"])
def test_sentences_are_short(part: str) -> None:
    long = [
        f"{passage.place}: ({prose.length(sentence)} words) {' '.join(sentence.split())}"
        for passage in passages(part)
        for sentence in passage.sentences
        if prose.length(sentence) > prose.LONGEST_SENTENCE
    ]
    assert long == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What a visitor saved.", True),
        ("Of who was interrupted too.", True),
        ("One that was claimed.", True),
        ("Return what a visitor saved.", False),
        ("Officers of the watch.", False),
        ("The quote that a visitor saved.", False),
    ],
)
def test_a_vague_opening_is_recognised(text: str, found: bool) -> None:
    assert bool(prose.VAGUE_OPENINGS.match(text)) is found


def test_each_kind_of_prose_is_read() -> None:
    for part in ("product", "docs", "tests"):
        assert sum(passage.words for passage in passages(part)) > 10_000
    places = {passage.place.partition(":")[0].rpartition(".")[2] for passage in passages("product")}
    assert places == {"py", "lua", "html"}


def test_sentences_are_counted_across_lines_and_not_across_items() -> None:
    text = f"- {'word ' * 30}\n- {'word ' * 30}\n\nOne, {'word ' * 20}\n{'word ' * 20}word."
    assert max(prose.length(sentence) for sentence in Passage("here", text).sentences) == 42
