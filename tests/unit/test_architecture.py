"""The import contracts in setup.cfg: they hold, and each finds a planted breach."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "adapters", "entrypoints")


def lint_imports(folder: Path) -> set[str]:
    """Return the names of the contracts that are broken in the folder."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    broken = set(re.findall(r"^(.+) BROKEN(?: \(.+\))?$", run.stdout, re.MULTILINE))
    assert (run.returncode == 0) is (not broken), run.stdout + run.stderr
    assert " kept" in run.stdout, run.stdout + run.stderr
    return broken


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project's packages and contracts, for a planted breach."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


BREACHES = [
    ("domain/model.py", "import adapters.system", "Entrypoints stand on adapters"),
    ("adapters/system.py", "import entrypoints.settings.values", "Entrypoints stand on adapters"),
    ("domain/ports.py", "import flask", "The domain knows no third party"),
    ("domain/use_cases/get_quote.py", "import redis", "The domain knows no third party"),
    ("domain/claiming/fetch_draft.py", "import domain.repairing.schedule", "Use cases stand on repairing"),
    ("domain/claiming/finish_claim.py", "import domain.accounts.open_session", "Use cases stand on repairing"),
    ("domain/repairing/repair_claim.py", "import domain.use_cases.get_quote", "Use cases stand on repairing"),
    ("entrypoints/processes/reconciler.py", "import entrypoints.cli.main", "The command line stands on HTTP"),
    ("entrypoints/services.py", "import entrypoints.operations", "The command line stands on HTTP"),
    ("entrypoints/settings/values.py", "import entrypoints.processes.progress", "The command line stands on HTTP"),
    ("entrypoints/http/requests/bodies.py", "import entrypoints.http.openapi.call", "Views stand on calls"),
    ("entrypoints/http/schemas/fields.py", "import entrypoints.http.limits.marks", "Views stand on calls"),
    ("entrypoints/http/problems/table.py", "import entrypoints.http.requests.context", "Views stand on calls"),
    ("entrypoints/http/views/quotes.py", "import entrypoints.http.views.account", "Views do not know each other"),
    ("adapters/redis/client.py", "import flask", "Only HTTP knows the web framework"),
    ("entrypoints/settings/settings.py", "import werkzeug", "Only HTTP knows the web framework"),
    ("entrypoints/bootstrap.py", "import marshmallow", "Only HTTP knows the web framework"),
    ("entrypoints/processes/serve.py", "import flask", "Only HTTP knows the web framework"),
    ("entrypoints/cli/main.py", "import flask", "The command line asks HTTP"),
    ("entrypoints/http/server/request_hooks.py", "import subprocess", "Only processes start processes"),
    ("adapters/sql/pool.py", "import multiprocessing", "Only processes start processes"),
    ("entrypoints/http/views/quotes.py", "import adapters.redis.quotes", "Only the composition root"),
    ("entrypoints/settings/redis_urls.py", "import adapters.redis.client", "Only the composition root"),
    ("entrypoints/settings/database_urls.py", "import adapters.sql.database", "Only the composition root"),
    ("entrypoints/settings/settings.py", "import adapters.redis.url", "Only the composition root"),
    ("entrypoints/http/app.py", "import entrypoints.processes.data_folder", "Only `quotes serve`"),
    ("entrypoints/cli/claim_output.py", "import entrypoints.processes.web_server", "Only `quotes serve`"),
    ("entrypoints/http/app.py", "import entrypoints.processes.embedded_valkey", "Only `quotes serve`"),
    ("adapters/redis/quotes.py", "import adapters.sql.claims", "Adapters do not know each other"),
    ("adapters/sql/claims.py", "import adapters.memory.database", "Adapters do not know each other"),
    ("domain/model.py", "import domain.errors", "No two neighbours import each other"),
]


@pytest.mark.parametrize(("module", "forbidden", "contract"), BREACHES)
def test_a_forbidden_import_is_noticed(copy: Path, module: str, forbidden: str, contract: str) -> None:
    path = copy / module
    path.write_text(f"{path.read_text('utf-8')}\n{forbidden}\n", "utf-8")
    assert [name for name in lint_imports(copy) if name.startswith(contract)]


def test_no_contract_is_broken() -> None:
    assert lint_imports(ROOT) == set()


def test_each_contract_has_a_planted_breach() -> None:
    contracts = re.findall(r"^name = (.+)$", (ROOT / "setup.cfg").read_text("utf-8"), re.MULTILINE)
    planted = [contract for _, _, contract in BREACHES]
    contracts = [name for name in contracts if name != "quotehold"]
    assert [name for name in contracts if not any(name.startswith(one) for one in planted)] == []


def _imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", sorted((ROOT / "domain").rglob("*.py")), ids=lambda path: path.stem)
def test_the_domain_imports_the_standard_library_alone(path: Path) -> None:
    assert _imported(path) <= set(sys.stdlib_module_names) | {"domain"}
