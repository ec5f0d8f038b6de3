"""The service answers calls that Schemathesis generates from its document, as the document says."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fuzz.run import DOCUMENT, fuzz, running, traces
from tests.fuzz.tally import Count, Tally
from tests.support.running_service import Service

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
# The same calls in each run; `make fuzz` tries others.
OPTIONS = ["--generation-deterministic", "--no-color"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("fuzz") / "data") as found:
        yield found


@on_linux
def test_the_service_answers_as_its_document_says(
    service: Service, record_property: Callable[[str, object], None]
) -> None:
    is_fine, report = fuzz(service, [*OPTIONS, "--max-examples", "5"], captures=True)

    assert is_fine, report
    assert traces(service) == ""
    record_property("figure", " ".join(report.splitlines()[-1].split()))


@on_linux
def test_an_answer_that_is_not_in_the_document_is_found(service: Service, tmp_path: Path) -> None:
    document = json.loads(DOCUMENT.read_text("utf-8"))
    document["paths"] = {"/healthz": document["paths"]["/healthz"]}
    del document["paths"]["/healthz"]["get"]["responses"]["200"]
    (tmp_path / "openapi.json").write_text(json.dumps(document))

    options = [*OPTIONS, "--max-examples", "1"]
    is_fine, report = fuzz(service, options, document=tmp_path / "openapi.json", captures=True)

    assert not is_fine
    assert "Received: 200\n    Documented: 405, 500" in report


@pytest.mark.parametrize(
    "count",
    [Count(), Count(cases=9), Count(cases=9, successes=1, skipped=1)],
    ids=["never asked", "never 2xx", "skipped"],
)
def test_an_operation_that_was_not_proved_is_named(count: Count) -> None:
    tally = Tally()
    tally.expect({"paths": {"/a": {"get": {}, "parameters": []}, "/b": {"put": {}}}})
    tally.counts["GET /a"] = Count(cases=3, successes=2)
    tally.counts["PUT /b"] += count

    assert tally.unproved == ["PUT /b"]
    assert [line for line in tally.lines() if line.startswith("NOT PROVED: PUT /b")]
