"""The tours of the documentation: commands with their output, run exactly as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.secrecy import watch
from tests.support.running_service import Service

ADDRESS = "http://127.0.0.1:8000"
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_FRESH = [
    (re.compile(r"(qt|ac)_[0-9A-Z]{26}"), r"\1_…"),
    (re.compile(r"qk_[a-z0-9]+[A-Za-z0-9_-]{32}"), "qk_…"),
    (re.compile(r"at_[A-Za-z0-9_-]{64}"), "at_…"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "<time>"),
    (re.compile(r'"revision":\d{13}'), '"revision":…'),
    (re.compile(r'"request_id":"[0-9a-f]{32}"'), '"request_id":"…"'),
    (re.compile(r"\b\d+[smh]\b"), "<span>"),
    (re.compile(r"server key:  [a-z]{4}"), "server key:  …"),
    (re.compile(r"\b\w+@[\w.-]+(?=  )"), "<operator>"),
    (re.compile(r" {2,}"), "  "),
]
_MARK = "----- next -----"

Step = tuple[str, str]
"""A command, and the output that the page shows."""


def same_every_time(text: str) -> str:
    """Replace all parts of the output that differ from run to run."""
    for pattern, word in _FRESH:
        text = pattern.sub(word, text)
    return text.strip()


def tours(text: str) -> list[list[Step]]:
    """Return the steps of a page, in parts that each begin with `make run`."""
    parts: list[list[Step]] = []
    for block in _BLOCK.findall(text):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            if command.endswith("make run"):
                parts.append([])
            else:
                parts[-1].append((command, output))
    return parts


def walk(steps: list[Step], service: Service, folder: Path) -> list[Step]:
    """Run the steps in that folder, with that service; return them with their actual output."""
    script = "\n".join(f"{'' if 'activate' in command else command}\necho '{_MARK}'" for command, _ in steps)
    run = subprocess.run(
        ["bash", "-euc", script.replace(ADDRESS, service.url)],
        cwd=folder,
        env=os.environ | {"TZ": "UTC", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    watch.note_text(run.stdout)
    outputs = run.stdout.split(_MARK)[:-1]
    return [(command, output.strip()) for (command, _), output in zip(steps, outputs, strict=True)]
