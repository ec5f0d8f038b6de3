"""Every file, name and test that a page cites is in the repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/README.md")])
_FILE = re.compile(r"`((?:adapters|deploy|docs|domain|entrypoints|stubs|tests)/[\w./*-]+)(?:::(\w+))?`(?: `([\w.]+)`)?")
_LINK = re.compile(r"\]\(([^)\s:#]+)(?:#[^)\s]*)?\)")


def cited(page: Path) -> list[tuple[str, str, str]]:
    """Return each file that a page names, with a test and a name in it; either may be empty."""
    found = _FILE.finditer(page.read_text("utf-8"))
    return [(match[1], match[2] or "", match[3] or "") for match in found]


def page_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [page for page in PAGES if "node_modules" not in page.parts], ids=page_name)
def test_each_place_that_a_page_cites_exists(page: Path) -> None:
    missing = [path for path, _, _ in cited(page) if not list(ROOT.glob(path))]
    missing += [
        f"{path}: {name}"
        for path, test, names in cited(page)
        for name in [f"def {test}" if test else "", *names.split(".")]
        if path.endswith((".py", ".lua")) and name and not re.search(rf"\b{name}\b", (ROOT / path).read_text("utf-8"))
    ]
    links = [match[1] for match in _LINK.finditer(page.read_text("utf-8"))]
    missing += [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_pages_cite_hundreds_of_places() -> None:
    assert sum(len(cited(page)) for page in PAGES) > 200
