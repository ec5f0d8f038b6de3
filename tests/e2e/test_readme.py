"""The README's tour, run as it is written: its output is real, and stays so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.service import PROJECT, serving

ADDRESS = "http://127.0.0.1:8000"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
FRESH = [
    (re.compile(r"(qt|ac)_[0-9A-Z]{26}"), r"\1_…"),
    (re.compile(r"qk_[a-z0-9]+[A-Za-z0-9_-]{32}"), "qk_…"),
    (re.compile(r"at_[A-Za-z0-9_-]{43}"), "at_…"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "<time>"),
    (re.compile(r'"revision":\d{13}'), '"revision":…'),
    (re.compile(r'"request_id":"[0-9a-f]{32}"'), '"request_id":"…"'),
]

pytestmark = [pytest.mark.leg("valkey+sqlite"), pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")]


def same_every_time(text: str) -> str:
    for pattern, word in FRESH:
        text = pattern.sub(word, text)
    return text


def tour() -> list[list[tuple[str, str]]]:
    """The commands between one `make run` and the next, each with the output that the README shows."""
    parts: list[list[tuple[str, str]]] = []
    section = (PROJECT / "README.md").read_text("utf-8").split("## The calls")[0]
    for block in BLOCK.findall(section):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            if command.endswith("make run"):
                parts.append([])
            else:
                parts[-1].append((command, output))
    return parts


@pytest.mark.parametrize(("part", "settings"), [(0, {}), (1, {"QUOTES_TTL": "2s"})])
def test_the_tour_prints_what_the_readme_shows(tmp_path: Path, part: int, settings: dict[str, str]) -> None:
    commands = tour()[part]
    mark = "----- next -----"
    with serving(tmp_path / "var", **settings) as service:
        script = "\n".join(f"{command}\necho '{mark}'" for command, _ in commands)
        run = subprocess.run(
            ["bash", "-euc", script.replace(ADDRESS, service.url)],
            cwd=tmp_path,
            env=os.environ | {"TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    printed = [same_every_time(output.strip()) for output in run.stdout.split(mark)]
    assert [same_every_time(output.strip()) for _, output in commands] == printed[:-1]
