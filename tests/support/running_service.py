"""`quotes serve` as a process, for tests that call it over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.secrecy import watch
from tests.secrecy.ledger import Source
from tests.support.waiting import eventually

PROJECT = Path(__file__).parents[2]
READY = re.compile(r"Quotehold is ready on (http://\S+) \((?:data in (\S+)/; )?Ctrl-C stops it\)")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("QUOTES_")}
    defaults = {
        "QUOTES_BIND": "127.0.0.1:0",
        "QUOTES_DATA_DIR": str(folder),
        "QUOTES_WORKERS": "1",
        "QUOTES_RATE_LIMITS": "off",  # a test asks more often than a person
    }
    return inherited | defaults | settings


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "entrypoints.cli", *words]


def finished(*words: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(*words), cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=200, check=False
    )
    watch.keep(Source.OUTPUT, f"quotes {' '.join(words)}", done.stdout, done.stderr)
    return done


def refusal(*words: str, environ: dict[str, str]) -> tuple[int, str]:
    """Return the exit status and the one line of a command that refuses."""
    done = finished(*words, environ=environ)
    assert done.stdout == ""
    assert re.fullmatch(r"quotes: [^\n]+\n", done.stderr), done.stderr
    return done.returncode, done.stderr


class Service:
    """A running `quotes serve`."""

    def __init__(self, environ: dict[str, str], output: Path) -> None:
        self.output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                command("serve"),
                cwd=PROJECT,
                env=environ,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.url = ""

    def wait_until_ready(self) -> None:
        eventually(lambda: READY.search(self.text()) or self.process.poll() is not None, seconds=60)
        ready = READY.search(self.text())
        assert ready, self.text()
        self.url = ready[1]

    def text(self) -> str:
        return self.output.read_text()

    def send(self, method: str, path: str, token: str = "", body: object = None) -> dict[str, Any]:
        request = urllib.request.Request(self.url + path, method=method)  # noqa: S310 - always our own http://
        request.add_header("Quote-Token", token)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            document: dict[str, Any] = json.load(answer)
            return document

    def port_is_free(self) -> bool:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError:
                return False
            return True


@contextlib.contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Service]:
    """Start a service, and wait until it is ready; end all of its processes afterwards."""
    service = Service(environment(folder, **settings), folder.with_suffix(".output"))
    family: set[int] = set()
    try:
        service.wait_until_ready()
        family = descendants(service.process.pid)
        yield service
    finally:
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        service.process.kill()
        service.process.wait()


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    with contextlib.suppress(FileNotFoundError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found |= {int(child)} | descendants(int(child))
    return found


def lives(pid: int) -> bool:
    """Tell whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def names(pids: set[int]) -> str:
    return " ".join(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in pids)
