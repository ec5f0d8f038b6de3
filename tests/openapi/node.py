"""The tools of package.json, installed once if node and npm are there."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
_LOCKED = FOLDER / "package-lock.json"
_PACKAGES = FOLDER / "node_modules"
_TIMEOUT_S = 90
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def run(tool: str, *words: str | Path, folder: Path = FOLDER) -> str:
    """Return the output of a tool of package.json. Skip the test if the tool is missing."""
    _install()
    return finished(_PACKAGES / ".bin" / tool, *words, folder=folder)


def finished(*command: str | Path, folder: Path) -> str:
    """Return the standard output of a command; a failure shows all of its output."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | _QUIET,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def link_packages(folder: Path) -> None:
    """Let modules in another folder import the packages."""
    _install()
    (folder / "node_modules").symlink_to(_PACKAGES)


def _install() -> None:
    if missing := [name for name in ("node", "npm") if not shutil.which(name)]:
        pytest.skip(f"needs {' and '.join(missing)}")
    with _LOCKED.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests in several processes may install at once
        if _is_installed():
            return
        done = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"npm cannot install the packages: {done.stderr.strip()}")


def _is_installed() -> bool:
    written = _PACKAGES / ".package-lock.json"
    return written.exists() and written.stat().st_mtime >= _LOCKED.stat().st_mtime
