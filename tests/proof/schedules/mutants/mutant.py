"""
Bugs that are planted on purpose, each in a copy of the project, to see that schedules find them: what finds no bug
proves nothing. Each names the rule that it breaks. Those that break none show what is no safety device.
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

from tests.proof.schedules.checkers.invariants import Rule

PROJECT = Path(__file__).parents[4]
_COPIED = ("domain", "adapters", "entrypoints", "tests")
_MOST_SECONDS = 900


@dataclass(frozen=True)
class Mutant:
    """
    In that file, `before` is replaced by `after`. `breaks` are the rules that it may be seen to break, the one that
    is meant first; none for what is no safety device. It is tried on `place`: the twins, unless the bug is in an
    adapter of a real server.
    """

    name: str
    file: str
    before: str
    after: str
    breaks: tuple[Rule, ...]

    @property
    def place(self) -> str:
        if self.file.startswith("adapters/sql"):
            return "valkey+postgresql"
        return "valkey" if self.file.startswith("adapters/redis") else "memory"


@dataclass(frozen=True)
class Hunt:
    """What has found it (a seed after so many schedules, or a failpoint), by which rule; None if nothing did."""

    mutant: Mutant
    by: str = ""
    rule: Rule | None = None
    what: str = ""

    @property
    def is_as_said(self) -> bool:
        """Found by a rule that it breaks, or, where it breaks none, not found."""
        return (self.rule in self.mutant.breaks) if self.mutant.breaks else self.rule is None


def hunted(mutant: Mutant, first_seed: int, schedules: int, every: int = 1) -> Hunt:
    """Plant it, and play so many schedules and then failpoints, all or some, until something breaks a rule."""
    with _planted(mutant) as folder:
        words = ["-m", "tests.proof.schedules.mutants.search", mutant.place, *map(str, (first_seed, schedules, every))]
        done = subprocess.run(
            [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return Hunt(mutant, found["by"], Rule(found["rule"]), found["what"]) if found else Hunt(mutant)


@contextmanager
def _planted(mutant: Mutant) -> Iterator[Path]:
    with TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        for package in _COPIED:
            shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "node*"))
        file = folder / mutant.file
        text = file.read_text("utf-8")
        assert text.count(mutant.before) == 1, f"{mutant.file} has {text.count(mutant.before)} times: {mutant.before}"
        file.write_text(text.replace(mutant.before, mutant.after), "utf-8")
        yield folder
