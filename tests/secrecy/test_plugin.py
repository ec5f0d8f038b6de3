"""Whole runs of pytest, each on a file of its own: a run with a leak fails, with workers and without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.running_service import PROJECT

_BEGINNING = """
import logging
from adapters.keyring import Keyring
from tests.secrecy.ledger import Kind, Source

_, TOKEN = Keyring({"k1": bytes(32)}).issue("qt_01M83GBHJHR23D8RQ670XCP2E9")
"""
_QUIET = "def test_quiet(ledger):\n    assert TOKEN in ledger.secrets"
_LEAKS = "def test_that_leaks(tmp_path):\n    logging.getLogger('quotehold').debug('for %s', TOKEN)"
_PLANTS = "def test_that_plants(ledger):\n    logging.getLogger().info(ledger.plant(Kind.PASSWORD, Source.LOG))"
_PLANTS_NOTHING = "def test_that_plants_nothing(ledger):\n    ledger.plant(Kind.PASSWORD, Source.LOG)"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder outside this run's folder, since the search of this run would find the planted secrets."""
    with TemporaryDirectory(prefix="secrecy-") as name:
        yield Path(name)


def run(folder: Path, tests: str, *options: str) -> tuple[int, list[str]]:
    """Run pytest on these tests; return its exit status, and the report of the search."""
    file = folder / "test_it.py"
    file.write_text(f"{_BEGINNING}\n\n{tests}\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "QUOTES_"))}
    words = ["-p", "tests.secrecy.plugin", "-p", "no:cacheprovider", f"--basetemp={folder / 'base'}", str(file)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *options],
        cwd=folder,
        env=clean | {"PYTHONPATH": str(PROJECT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    _, _, told = done.stdout.partition("secrets of the tests, searched for ")
    assert told, done.stdout + done.stderr
    return done.returncode, list(takewhile(lambda line: line and line[0] != "=", told.splitlines()[1:]))


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "1")], ids=["alone", "workers"])
def test_a_leak_fails_the_run_and_is_reported_without_the_secret(folder: Path, options: tuple[str, ...]) -> None:
    status, told = run(folder, f"{_QUIET}\n\n\n{_LEAKS}\n\n\n{_PLANTS_NOTHING}", *options)
    assert (status, told[-1]) == (1, "1 leaks")
    assert told[-2].startswith("FOUND: quote token qk_k1")
    assert "in logs, test_it.py::test_that_leaks: " in told[-2]
    assert told[-2].endswith("DEBUG quotehold for qk_k1'")
    assert told[-3] == "NOT FOUND: password correc… that was planted in logs"


def test_a_run_without_a_leak_passes_and_its_planted_secrets_are_found(folder: Path) -> None:
    status, told = run(folder, f"{_QUIET}\n\n\n{_PLANTS}")
    assert (status, told[-1]) == (0, "none found")
    assert "planted by tests: 1, of which 1 were found" in told


def test_a_search_that_misses_a_planted_secret_fails_the_run(folder: Path) -> None:
    assert run(folder, _PLANTS_NOTHING)[0] == 1
