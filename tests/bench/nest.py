"""The peer in `peer/`, built with node and npm, and run on the same servers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.processes import Web, web
from tests.servers.process import free_port

FOLDER = Path(__file__).parent / "peer"
_TIMEOUT_S = 600


class PeerMissing(Exception):
    """The peer cannot be built here; the message is one line."""


def build() -> None:
    """
    Install the peer's packages and compile it. A repeat does only what is missing.

    Raises: PeerMissing
    """
    missing = [name for name in ("node", "npm", "npx") if not shutil.which(name)]
    if missing:
        raise PeerMissing(f"no {' and no '.join(missing)} here")
    for command in ("npm install --no-audit --no-fund --no-package-lock", "npx --no-install tsc -p ."):
        try:
            done = subprocess.run(
                command.split(), cwd=FOLDER, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            raise PeerMissing(f"`{command}` took longer than {_TIMEOUT_S} s") from None
        if done.returncode:
            words = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
            raise PeerMissing(f"`{command}` failed: {words[0]}")


@contextmanager
def peer(folder: Path, redis_url: str, database_url: str, workers: int) -> Iterator[Web]:
    """Start the peer, with its tables; its log goes to a file."""
    port = free_port()
    settings = {
        "NODE_ENV": "production",
        "SYNC": "1",
        "PORT": str(port),
        "REDIS_URL": redis_url,
        "DATABASE_URL": database_url,
        "WORKERS": str(workers),
    }
    command = [str(shutil.which("node")), str(FOLDER / "dist" / "main.js")]
    with web(folder / "peer.log", command, os.environ | settings, port, "/quotes/none", 404) as started:
        yield started
