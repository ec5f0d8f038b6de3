"""Clients that are generated from docs/openapi.json do the whole journey, against the running service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.openapi import node
from tests.secrecy import watch
from tests.support.running_service import PROJECT, Service, serving

DOCUMENT = PROJECT / "docs" / "openapi.json"
CHAPTER = PROJECT.joinpath("docs/clients.md").read_text("utf-8").split("## Generated clients")[1].split("\n## ")[0]

pytestmark = [
    pytest.mark.backend("valkey+sqlite"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("clients") / "data", QUOTES_RATE_LIMITS="off") as running:
        yield running


def test_a_python_client_is_type_checked_and_does_the_whole_journey(service: Service, tmp_path: Path) -> None:
    client, page, journey = tmp_path / "client", tmp_path / "page.py", node.FOLDER / "journey.py"
    page.write_text(shown("python", service))
    _finished("openapi-python-client", "generate", "--path", DOCUMENT, "--output-path", client, "--fail-on-warning")
    _finished("mypy", "--strict", "--config-file", os.devnull, "--cache-dir", os.devnull, page, journey, path=client)

    printed = _finished("python", "-W", "error", page, path=client)
    output = _finished("python", "-W", "error", journey, service.url, path=client)

    assert "openapi-python-client generate --path docs/openapi.json --output-path client" in CHAPTER
    assert printed == "{'vehicle': {'make': 'Seat', 'year': 2019}}\n"
    assert output.splitlines() == [
        "started: open motor",
        "saved: {'seats': 5}",
        "merged: {'seats': 5, 'vehicle': {'year': 2019}}",
        "overtaken: revision-mismatch True",
        "read: True",
        "refused: ['/password']",
        "registered: Maria claimed",
        "claimed: quote-claimed True",
        "claimed another: home",
        "listed: ['home', 'motor'] None",
        "exported: True",
        "erased: 204",
        "gone: access-token-invalid",
        "ended: True POST /v1/quotes",
        "unknown: quote-not-found",
    ]


def test_a_typescript_client_is_type_checked_and_does_the_whole_journey(service: Service, tmp_path: Path) -> None:
    node.link_packages(tmp_path)
    for name in ("journey.ts", "tsconfig.json", "package.json"):
        shutil.copy(node.FOLDER / name, tmp_path)
    (tmp_path / "page.ts").write_text(shown("ts", service))
    node.run("openapi-typescript", DOCUMENT, "--output", tmp_path / "quotehold.d.ts")
    node.run("tsc", "--project", tmp_path)

    printed = node.finished("node", tmp_path / "page.js", folder=tmp_path)
    output = node.finished("node", tmp_path / "journey.js", service.url, folder=tmp_path)

    assert "openapi-typescript docs/openapi.json --output quotehold.d.ts" in CHAPTER
    assert printed == "{ vehicle: { make: 'Seat', year: 2019 } }\n"
    assert output.splitlines() == [
        "started: open motor",
        "saved: { seats: 5 } true",
        'merged: {"seats":5,"vehicle":{"year":2019}}',
        "overtaken: revision-mismatch true",
        "read: true",
        "refused: [ '/password' ]",
        "registered: Maria claimed",
        "claimed: quote-claimed true",
        "claimed another: home",
        "listed: [ 'home', 'motor' ] null",
        "exported: true",
        "erased: 204",
        "gone: access-token-invalid",
        "ended: true POST /v1/quotes",
        "misspelt: false",
        "unknown: quote-not-found",
    ]


def shown(language: str, service: Service) -> str:
    """Return the code block of docs/clients.md, with the address of this service."""
    [code] = re.findall(rf"```{language}\n(.*?)```", CHAPTER, re.DOTALL)
    return str(code).replace("http://127.0.0.1:8000", service.url)


def _finished(tool: str, *words: str | Path, path: Path = PROJECT) -> str:
    """Return the output of a tool of this environment, which may import the modules of a folder."""
    tools = Path(sys.executable).parent
    command = [tools / tool, *words]
    given = {"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(path), "MYPYPATH": str(path)}
    done = subprocess.run(
        command,
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    watch.note_text(done.stdout)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
