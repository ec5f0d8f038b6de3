"""Run the tours of the README and of docs/ exactly as written, and compare their output."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.support.tours import same_every_time, tours, walk
from tests.support.running_service import PROJECT, serving

pytestmark = [pytest.mark.backend("valkey+sqlite"), pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")]


@pytest.mark.parametrize(
    ("page", "part", "settings"),
    [
        ("README.md", 0, {}),
        ("docs/tour.md", 0, {}),
        ("docs/tour.md", 1, {"QUOTES_TTL": "2s"}),
        ("docs/claims.md", 0, {"QUOTES_REPAIR_DELAY": "50ms"}),
    ],
)
def test_a_tour_prints_the_output_on_its_page(tmp_path: Path, page: str, part: int, settings: dict[str, str]) -> None:
    text = (PROJECT / page).read_text("utf-8").split("## A tour")[-1]
    steps = tours(text)[part]
    with serving(tmp_path / "var", **settings) as service:
        walked = walk(steps, service, tmp_path)
    assert [same_every_time(output) for _, output in steps] == [same_every_time(output) for _, output in walked]


@pytest.mark.parametrize(("page", "parts"), [("README.md", 1), ("docs/tour.md", 2)])
def test_each_part_of_a_page_is_run(page: str, parts: int) -> None:
    assert len(tours((PROJECT / page).read_text("utf-8"))) == parts
