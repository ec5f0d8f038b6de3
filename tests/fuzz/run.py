"""Runs of Schemathesis against a running service."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.running_service import PROJECT, Service, serving

DOCUMENT = PROJECT / "docs" / "openapi.json"
"""The file instead of the served document: Schemathesis does not test the call that serves its document."""
_COMMAND = [sys.executable, "-m", "schemathesis.cli", "--config-file", "tests/fuzz/schemathesis.toml", "run"]
_TRACE = "Traceback (most recent call last)"


@contextmanager
def running(folder: Path) -> Iterator[Service]:
    """Run a service without rate limits: Schemathesis sends more requests than they allow."""
    with serving(folder, QUOTES_RATE_LIMITS="off") as service:
        yield service


def fuzz(
    service: Service, options: Sequence[str], *, document: Path = DOCUMENT, captures: bool = False
) -> tuple[bool, str]:
    """
    Run Schemathesis with these options of `schemathesis run`.

    Return whether every answer was as documented and every operation was proved, and the captured output.
    """
    done = subprocess.run(
        [*_COMMAND, str(document), "--url", service.url, *options],
        cwd=PROJECT,
        stdout=subprocess.PIPE if captures else None,
        stderr=subprocess.STDOUT if captures else None,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout or ""


def traces(service: Service) -> str:
    """Return the log from its first traceback on; empty without a traceback."""
    _, found, after = service.text().partition(_TRACE)
    return found + after
