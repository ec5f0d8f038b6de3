"""
Mutants: bugs planted in a copy of the project, which schedules and failpoints must find.

A suite that finds no planted bug proves nothing. Each mutant names the invariant that it breaks. A mutant that breaks
none shows code that is not a safety device.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proof.schedules.checkers.invariants import Invariant

PROJECT = Path(__file__).parents[4]
_COPIED_PACKAGES = ("domain", "adapters", "entrypoints", "tests")
_TIMEOUT_S = 900


@dataclass(frozen=True)
class Mutant:
    """
    A bug: in `file`, `before` is replaced by `after`.

    `breaks` are the invariants that it can break, the intended one first; empty for code that is not a safety device.
    It runs in memory, or on a real server if it is in an adapter of one.
    """

    name: str
    file: str
    before: str
    after: str
    breaks: tuple[Invariant, ...]

    @property
    def backend(self) -> str:
        if self.file.startswith("adapters/sql"):
            return "valkey+postgresql"
        return "valkey" if self.file.startswith("adapters/redis") else "memory"


@dataclass(frozen=True)
class SearchResult:
    """The seed or failpoint that found a mutant, and the broken invariant; None if nothing did."""

    mutant: Mutant
    found_by: str = ""
    invariant: Invariant | None = None
    detail: str = ""

    @property
    def is_expected(self) -> bool:
        """Return whether it broke one of its invariants, or, if it has none, was not found."""
        return (self.invariant in self.mutant.breaks) if self.mutant.breaks else self.invariant is None


def search_for(mutant: Mutant, first_seed: int, schedules: int, every: int = 1) -> SearchResult:
    """Plant the mutant, and run schedules and then failpoints until one breaks an invariant."""
    with _planted(mutant) as folder:
        words = [
            "-m",
            "tests.proof.schedules.mutants.search",
            mutant.backend,
            *map(str, (first_seed, schedules, every)),
        ]
        done = subprocess.run(
            [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return SearchResult(mutant, found["by"], Invariant(found["rule"]), found["what"]) if found else SearchResult(mutant)


@contextmanager
def _planted(mutant: Mutant) -> Iterator[Path]:
    with TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        for package in _COPIED_PACKAGES:
            shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "node*"))
        file = folder / mutant.file
        text = file.read_text("utf-8")
        assert text.count(mutant.before) == 1, f"{mutant.file} has {text.count(mutant.before)} times: {mutant.before}"
        file.write_text(text.replace(mutant.before, mutant.after), "utf-8")
        yield folder
