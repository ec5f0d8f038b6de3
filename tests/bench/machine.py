"""The machine and the versions behind the figures, which a comparison needs."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench.environment import Environment
from tests.bench.nest import FOLDER

_LIBRARIES = ("flask", "flask-smorest", "gevent", "gunicorn", "hiredis", "marshmallow", "orjson", "peewee", "psycopg")
_PACKAGES = ("@nestjs/core", "express", "ioredis", "pg", "typeorm")


def facts(environment: Environment) -> dict[str, Any]:
    """Return the machine, the versions, and the load of the machine at the start."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(),
        "busy": os.getloadavg()[0],
        "python": platform.python_version(),
        **environment.versions(),
        "libraries": {name: version(name) for name in (*_LIBRARIES, "redis", "werkzeug")},
        "peer": _peer() if environment.peer else {},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _peer() -> dict[str, str]:
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    packages = {name: FOLDER / "node_modules" / name / "package.json" for name in _PACKAGES}
    return {"node": node} | {name: json.loads(path.read_text())["version"] for name, path in packages.items()}
