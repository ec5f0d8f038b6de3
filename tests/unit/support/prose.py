"""Reads the English of the project: docstrings, comments and messages of code, and the prose of pages."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]

# A reader has to guess what these stand for: the docstring of a function begins with a verb, of a class with a noun.
VAGUE_OPENINGS = re.compile(r"(What|Who|Whoever|Whose|Where|Which|That|Those|One that|The one|By what|Of)\b")
VAGUE_WORDS = re.compile(r"\b(what|whatever|who|whoever|whom|whose|one that|those that|that which)\b", re.IGNORECASE)
IS_NO = re.compile(r"\bis no (?!longer\b|more than\b)", re.IGNORECASE)
GENDERED = re.compile(r"\b(he|him|his|himself|she|her|hers|herself)\b", re.IGNORECASE)
LONGEST_SENTENCE = 40

_FENCED = re.compile(r"```.*?```", re.DOTALL)
_CODE = re.compile(r"`[^`]*`")
_LINK_TARGET = re.compile(r"\]\([^)]*\)")
_TAG = re.compile(r"<[^>]*>|\{[{%].*?[%}]\}", re.DOTALL)
# A line of a list, of a table or of a drawing is a paragraph of its own.
_PARAGRAPH_END = re.compile(r"\n\s*\n|\n\s*(?:[-*]|\d+\.) |\n#+ |\s\|\s|\f|\n {4,}|\n[\s│]*[├└]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\)?\s+|(?<=[.!?]\))\s+")
_WORD = re.compile(r"[\w'-]+")


@dataclass(frozen=True)
class Passage:
    """Some prose and its place, for example `domain/model.py:12`."""

    place: str
    text: str

    @property
    def sentences(self) -> list[str]:
        """Return its sentences; a line of a list, of a table or of a drawing ends one too."""
        paragraphs = _PARAGRAPH_END.split(self.text)
        return [sentence for paragraph in paragraphs for sentence in _SENTENCE_END.split(paragraph)]

    @property
    def words(self) -> int:
        return length(self.text)

    def shown(self, match: re.Match[str]) -> str:
        """Return the place and the words around a match, for a failed test."""
        around = self.text[max(0, match.start() - 40) : match.end() + 40]
        return f"{self.place}: {' '.join(around.split())}"


def length(text: str) -> int:
    """Count the words of a text."""
    return len(_WORD.findall(text))


def code(*rooms: str) -> list[Path]:
    """Return the Python files below these folders."""
    return sorted(
        path for room in rooms for path in ROOT.joinpath(room).rglob("*.py") if "node_modules" not in path.parts
    )


def pages() -> list[Path]:
    """Return the Markdown pages of the project."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/README.md")]
    return sorted(page for page in found if "node_modules" not in page.parts)


def docstrings(path: Path) -> Iterator[Passage]:
    """Yield each docstring of a Python file."""
    for node, text in _docstrings(ast.parse(path.read_text("utf-8"))):
        yield Passage(_place(path, node.lineno), text)


def comments(path: Path) -> Iterator[Passage]:
    """Yield each comment of a Python file; comments in neighbouring lines are one."""
    lines: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type != tokenize.COMMENT:
            continue
        if token.start[0] != last + 1 and lines:
            yield Passage(_place(path, first), " ".join(lines))
            lines = []
        first = first if lines else token.start[0]
        last = token.start[0]
        lines.append(token.string.lstrip("#: "))
    if lines:
        yield Passage(_place(path, first), " ".join(lines))


def messages(path: Path) -> Iterator[Passage]:
    """Yield each text of three words and more in a Python file but docstrings: messages, help, descriptions."""
    tree = ast.parse(path.read_text("utf-8"))
    described = {id(node) for node, _ in _docstrings(tree)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in described else None
        if isinstance(node, ast.Constant) and isinstance(text, str) and length(text) > 2:
            yield Passage(_place(path, node.lineno), text)


def page(path: Path) -> Passage:
    """Return the prose of a Markdown page, without code and the targets of links."""
    text = _FENCED.sub("\f", path.read_text("utf-8"))
    return Passage(_place(path), _LINK_TARGET.sub("]", _CODE.sub("X", text)))


def template(path: Path) -> Passage:
    """Return the prose of an HTML template."""
    return Passage(_place(path), _TAG.sub(" ", path.read_text("utf-8").replace("</p>", "\f").replace("</li>", "\f")))


def script(path: Path) -> Passage:
    """Return the comments of a Lua script."""
    found = [line.partition("--")[2].strip() for line in path.read_text("utf-8").splitlines() if "--" in line]
    return Passage(_place(path), "\n".join(found))


def _docstrings(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if text := ast.get_docstring(node):
            assert isinstance(node.body[0], ast.Expr)
            yield node.body[0].value, text


def _place(path: Path, line: int | None = None) -> str:
    name = str(path.relative_to(ROOT))
    return name if line is None else f"{name}:{line}"
