"""`make faults`, as an operator runs it on given servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from domain.claiming.missing_draft import MissingDraft
from entrypoints.processes.embedded_valkey import EmbeddedValkey
from tests.contract.support.database_fixtures import empty_database
from tests.contract.support.sql_backends import SqlBackend
from tests.contract.support.sql_server_backends import MariadbBackend, SqlServerBackend
from tests.proof import experiments
from tests.proof.__main__ import OK, UNAVAILABLE, USAGE, VIOLATED, main
from tests.proof.schedules.exploration import explorer
from tests.proof.schedules.exploration.failpoints import failpoints
from tests.servers.site import documented_acl
from tests.support import backends

USER = "proof"


@pytest.fixture(params=backends.SQL)
def sql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlBackend]:
    with empty_database(request.param, request, tmp_path) as database:
        yield database


@pytest.fixture
def admin(valkey_server: EmbeddedValkey) -> Iterator[Redis]:
    """Yield an admin client of a Valkey with the service's user of docs/production.md."""
    with closing(Redis.from_url(valkey_server.url)) as client:
        execute: Any = client.execute_command  # redis-py gives it no types
        execute("ACL", "SETUSER", USER, "reset", "on", f">{USER}", *documented_acl().split())
        yield client
        execute("ACL", "DELUSER", USER)


@pytest.fixture
def named(valkey_server: EmbeddedValkey, admin: Redis, sql: SqlBackend) -> dict[str, str | None]:
    """Return the settings that name these servers."""
    if isinstance(sql, MariadbBackend):
        with closing(sql.server.connect(None)) as connection, connection.cursor() as cursor:
            cursor.execute("GRANT ALL ON `proof-%`.* TO quotes")
    store = f"unix://{USER}:{USER}@{urlsplit(valkey_server.url).path}"
    return {"QUOTES_REDIS_URL": store, "QUOTES_DATABASE_URL": sql.url}


@pytest.fixture(autouse=True)
def in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten a round to some seconds."""
    monkeypatch.setattr(experiments, "failpoints", partial(failpoints, every=300))
    monkeypatch.setattr(explorer, "TIMEOUT_S", 1.0)
    few = {"IN_MEMORY_SCHEDULES": 20, "SERVER_SCHEDULES": 10, "EXAMPLES": 2, "HISTORIES": {}, "MUTANTS": ()}
    for name, value in few.items():
        monkeypatch.setattr(experiments, name, value)


def faults(*words: str, **environ: str | None) -> Result:
    return CliRunner().invoke(main, words, env=environ)


def everything(admin: Redis, sql: SqlBackend, folder: Path) -> object:
    """Return the keys, the schemas with their tables, and the files."""
    tables = "SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2"
    schemas = "SELECT schema_name FROM information_schema.schemata ORDER BY 1"
    rows = [sql.fetch(query) for query in (schemas, tables)] if isinstance(sql, SqlServerBackend) else []
    return sorted(admin.keys()), rows, sorted(folder.iterdir())


@pytest.mark.parametrize("is_broken", [False, True], ids=["all is well", "a promise is broken"])
def test_on_named_servers_it_leaves_nothing(
    named: dict[str, str | None], admin: Redis, sql: SqlBackend, tmp_path: Path, *, is_broken: bool
) -> None:
    before = everything(admin, sql, tmp_path)
    careless = mock.patch.object(MissingDraft, "refuse_if_claimed", return_value=None)
    with careless if is_broken else nullcontext():
        done = faults("--seed", "1", **named)
    assert done.exit_code == (VIOLATED if is_broken else OK), done.output
    assert re.search(r"^failpoints: \d+ of them", done.output, re.MULTILINE)
    assert re.search(r"^schedules: \d+ schedules, .+ from seed 1 ", done.output, re.MULTILINE)
    assert ("seed 1 breaks" in done.output or "breaks 7:" in done.output) is is_broken
    assert everything(admin, sql, tmp_path) == before


def test_on_servers_of_its_own_it_runs_each_experiment_and_prints_figures() -> None:
    done = faults("--seed", "1", "--rounds", "2")
    assert done.exit_code == OK, done.output
    titles = [line.partition(":")[0] for line in done.output.splitlines()]
    again = ["schedules on memory", "schedules on valkey+postgresql", "calls over HTTP"]
    assert titles == ["seed 1", "failpoints on memory", "failpoints on valkey+postgresql", *again, *again]
    assert "from seed 1000001" in done.output


def test_no_experiment_begins_after_the_time_limit() -> None:
    done = faults("--minutes", "0.00001")
    assert done.exit_code == OK
    assert re.match(r"seed \d+: SEED=\d+ repeats this run\n", done.output)
    assert "schedules" not in done.output


@pytest.mark.parametrize(
    ("environ", "status", "words"),
    [
        ({"QUOTES_REDIS_URL": "redis://127.0.0.1:1"}, USAGE, "QUOTES_REDIS_URL is set alone"),
        ({"QUOTES_REDIS_URL": "http://x", "QUOTES_DATABASE_URL": "sqlite:///x.db"}, USAGE, "QUOTES_REDIS_URL"),
        (
            {"QUOTES_REDIS_URL": "redis://127.0.0.1:1", "QUOTES_DATABASE_URL": "sqlite:///{}/x.db"},
            UNAVAILABLE,
            "refused",
        ),
    ],
)
def test_a_setting_or_server_that_it_cannot_use_is_named_in_one_line(
    environ: dict[str, str], status: int, words: str, tmp_path: Path
) -> None:
    done = faults(**{name: value.format(tmp_path) for name, value in environ.items()})
    assert (done.exit_code, done.stderr.count("\n")) == (status, 1), done.output
    assert done.stderr.startswith("faults: ")
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_to_create_a_schema_names_the_missing_right(
    request: pytest.FixtureRequest, valkey_server: EmbeddedValkey, tmp_path: Path
) -> None:
    with empty_database("mariadb", request, tmp_path) as sql:
        assert isinstance(sql, MariadbBackend)
        with closing(sql.server.connect(None)) as connection, connection.cursor() as cursor:
            cursor.execute("GRANT ALL ON `proof-%`.* TO quotes")
            cursor.execute("REVOKE ALL ON `proof-%`.* FROM quotes")
        done = faults(QUOTES_REDIS_URL=valkey_server.url, QUOTES_DATABASE_URL=sql.url)
    assert done.exit_code == UNAVAILABLE, done.output
    assert "must be allowed to make and drop a schema" in done.stderr
