"""The servers of a benchmark, each running for one block."""

from __future__ import annotations

import base64
import http.client
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis

from entrypoints.processes.child_process import ChildProcess
from tests.secrecy import watch
from tests.servers.process import free_port
from tests.servers.valkey import running_valkey
from tests.support.waiting import eventually

PROJECT = Path(__file__).parents[2]
_STARTING = 60.0
_GRACE = 15.0
"""Longer than gunicorn's own."""


@dataclass(frozen=True, slots=True)
class Valkey:
    """A server on a port of 127.0.0.1, with a password."""

    port: int
    password: str
    pid: int

    @property
    def url(self) -> str:
        return self.url_by(self.port)

    def url_by(self, port: int) -> str:
        """Return the URL of the same server behind another port."""
        return f"redis://:{self.password}@127.0.0.1:{port}/0"

    @contextmanager
    def admin(self) -> Iterator[Redis]:
        with closing(Redis.from_url(self.url)) as client:
            yield client


@contextmanager
def valkey(folder: Path, *, append_only: bool = True) -> Iterator[Valkey]:
    """Run the embedded server on TCP, as production reaches it; it never forks to rewrite its file."""
    with running_valkey(folder) as server, closing(Redis.from_url(server.url)) as admin:
        port = free_port()
        settings: dict[str, str | int] = {
            "bind": "127.0.0.1",
            "port": port,
            "auto-aof-rewrite-percentage": 0,
            "appendonly": "yes" if append_only else "no",
        }
        for name, value in settings.items():
            admin.config_set(name, value)
        yield Valkey(port, str(urlsplit(server.url).password), int(admin.info("server")["process_id"]))


@dataclass(frozen=True, slots=True)
class Web:
    """A web server that answers, and its first process."""

    address: tuple[str, int]
    pid: int


def production(redis_url: str, database_url: str, workers: int) -> dict[str, str]:
    """Return the settings of production, without rate limits."""
    return {
        "QUOTES_ENV": "production",
        "QUOTES_REDIS_URL": redis_url,
        "QUOTES_DATABASE_URL": database_url,
        "QUOTES_SECRET_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "QUOTES_WORKERS": str(workers),
        "QUOTES_TRUSTED_PROXIES": "0",
        "QUOTES_RATE_LIMITS": "off",
    }


def migrate(settings: Mapping[str, str]) -> None:
    """Make the tables."""
    command = [sys.executable, "-m", "entrypoints.cli", "migrate"]
    done = subprocess.run(command, cwd=PROJECT, env=_environ(settings), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def service(folder: Path, settings: Mapping[str, str], application: str = "wsgi:app") -> Iterator[Web]:
    """Run gunicorn with that application, as in production; its log goes to a file."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", str(PROJECT / "deploy" / "gunicorn.conf.py")]
    command += ["--chdir", str(PROJECT), application]
    environ = _environ(settings) | {"QUOTES_BIND": f"127.0.0.1:{port}"}
    with web(folder / f"{application}.log", command, environ, port, "/readyz", 200) as started:
        yield started


@contextmanager
def web(log: Path, command: list[str], environ: Mapping[str, str], port: int, path: str, status: int) -> Iterator[Web]:
    """Run a web server; the block begins when that path answers with that status."""
    with log.open("wb") as output:
        process = ChildProcess(command, environ=environ, output=output)

    def answers() -> bool:
        assert process.exit_status() is None, f"{command} ended while starting:\n{log.read_text()[-4000:]}"
        return _status(port, path) == status

    try:
        eventually(answers, _STARTING)
        yield Web(("127.0.0.1", port), process.pid)
    finally:
        process.stop(_GRACE)
        watch.keep_files(log.parent, log.name)


def _status(port: int, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0  # not yet


def _environ(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("QUOTES_")}
    return inherited | dict(settings)
