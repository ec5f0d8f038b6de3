"""Where the database is, what state its schema is in, and what is seen where it cannot be used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from peewee import Database
from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

from adapters.sql import schema
from adapters.sql.database import SqlDatabase, open_database
from adapters.sql.models import AccountRow, ClaimRow, QuoteRow
from adapters.sql.schema import migrate, pending
from domain.errors import DatabaseUnavailable
from tests.contract.builders import a_claim_to_repair, a_new_claim, a_quote_id, an_account
from tests.contract.databases import sql_ports
from tests.contract.sql_faults import run

pytestmark = pytest.mark.leg("sqlite")

ROOT = Path(__file__).parent.parent.parent
ALL = ["0001_initial"]


def test_a_database_is_opened_at_its_first_use_only(sqlite_url: str, tmp_path: Path) -> None:
    database = open_database(sqlite_url)

    assert list(tmp_path.iterdir()) == []
    assert migrate(database) == ALL
    database.close()


def test_a_relative_path_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = open_database("sqlite:///my%20quotes.db")

    migrate(database)

    assert (tmp_path / "my quotes.db").exists()
    database.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "quotes.db",
        "sqlite:quotes.db",
        "sqlite://quotes.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///quotes.db?mode=ro",
        "oracle://scott:tiger@server/quotes",
    ],
)
def test_another_url_is_refused_with_a_line_that_names_what_is_allowed(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///relative/path\.db or sqlite:////absolute/path\.db") as caught:
        open_database(url)

    assert "\n" not in str(caught.value)
    assert "tiger" not in str(caught.value)


def test_several_databases_are_used_by_one_process(tmp_path: Path) -> None:
    first, second = (open_database(f"sqlite:///{tmp_path}/{name}.db") for name in ("first", "second"))
    migrate(first)
    migrate(second)
    new = a_new_claim()

    sql_ports(first).claims.add(new)

    assert sql_ports(second).claims.owner(new.claim.quote_id) is None
    sql_ports(second).claims.add(new)
    first.close()
    second.close()


def test_the_tables_are_those_that_the_models_expect(sqlite_database: SqlDatabase) -> None:
    models = [AccountRow, QuoteRow, ClaimRow]

    with sqlite_database.pool.connection_context(), sqlite_database.pool.bind_ctx(models):
        assert not diff_models(sqlite_database.pool, models)


def test_a_schema_goes_up_down_and_up_again(sqlite_url: str) -> None:
    database = open_database(sqlite_url)

    assert pending(database) == ALL
    assert migrate(database) == ALL
    assert pending(database) == []
    assert migrate(database) == []
    assert _down(database) == ALL
    assert pending(database) == ALL
    assert _tables(database) == ["schema_migration"]
    assert migrate(database) == ALL
    sql_ports(database).claims.add(a_new_claim())
    database.close()


def test_a_migration_that_fails_half_way_leaves_nothing_and_can_be_repeated(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "migrations"
    directory.mkdir()
    script = directory / "0001_initial.py"
    good = "def up(migrator, db):\n    db.execute_sql('CREATE TABLE one (id INTEGER)')\n"
    script.write_text(f"{good}    db.execute_sql('CREATE TABLE one (id INTEGER)')\n")
    monkeypatch.setattr(schema, "_MIGRATIONS", directory)
    database = open_database(sqlite_url)

    with pytest.raises(DatabaseUnavailable, match="one already exists"):
        migrate(database)
    assert _tables(database) == ["schema_migration"]

    script.write_text(good)
    assert migrate(database) == ALL
    database.close()


def test_several_processes_that_migrate_a_fresh_file_at_once_do_it_once(sqlite_url: str) -> None:
    migrator = (
        "import json, sys\n"
        "from adapters.sql.database import open_database\n"
        "from adapters.sql.schema import migrate\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
        "print(json.dumps(migrate(open_database(sys.argv[1]))))\n"
    )
    command = [sys.executable, "-c", migrator, sqlite_url]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.close()
    outputs = [process.stdout.read() for process in processes if process.stdout]
    for process in processes:
        assert process.wait(30) == 0
        assert process.stdout
        process.stdout.close()

    assert sorted(json.loads(output) for output in outputs) == [[], [], [], ALL]


def test_a_database_that_was_not_migrated_says_what_to_run(sqlite_url: str) -> None:
    database = open_database(sqlite_url)

    with pytest.raises(DatabaseUnavailable, match=r"0001_initial.*quotes migrate"):
        sql_ports(database).claims.check()
    with pytest.raises(DatabaseUnavailable, match="no such table"):
        sql_ports(database).claims.add(a_new_claim())
    database.close()


def test_a_database_whose_folder_is_missing_is_unavailable(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/missing/quotes.db")

    for use in (
        lambda: migrate(database),
        sql_ports(database).claims.check,
        lambda: sql_ports(database).claims.add(a_new_claim()),
    ):
        with pytest.raises(DatabaseUnavailable):
            use()


def test_a_file_that_is_no_database_is_unavailable(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "quotes.db").write_bytes(b"no database at all" * 1000)
    database = open_database(sqlite_url)

    for use in (
        lambda: migrate(database),
        lambda: sql_ports(database).claims.owner(a_quote_id()),
        lambda: sql_ports(database).claims.add(a_new_claim()),
    ):
        with pytest.raises(DatabaseUnavailable):
            use()
    database.close()


def test_a_corrupt_file_is_unavailable(sqlite_database: SqlDatabase, sqlite_url: str) -> None:
    new = a_claim_to_repair(payload=b"x" * 100_000)
    sql_ports(sqlite_database).claims.add(new)
    sqlite_database.close()
    path = Path(sqlite_database.pool.database)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))

    claims = sql_ports(open_database(sqlite_url)).claims
    for use in (lambda: claims.owner(new.claim.quote_id), lambda: claims.add(a_new_claim()), claims.check):
        with pytest.raises(DatabaseUnavailable):
            use()


@pytest.mark.parametrize(
    ("setting", "message"), [("query_only = 1", "readonly"), ("max_page_count = 1", "full")], ids=["readonly", "full"]
)
def test_a_database_that_cannot_be_written_is_unavailable_and_can_be_read(
    sqlite_database: SqlDatabase, setting: str, message: str
) -> None:
    claims = sql_ports(sqlite_database).claims
    first = a_new_claim()
    claims.add(first)
    run(sqlite_database, f"PRAGMA {setting}")

    with pytest.raises(DatabaseUnavailable, match=message):
        claims.add(a_claim_to_repair(an_account("bob@example.com"), payload=b"x" * 1_000_000))

    assert first.quote == claims.quote(first.claim.quote_id)


def _down(database: SqlDatabase) -> list[str]:
    with database.dialect.migrating(database.pool):
        return Runner(database.pool, str(schema._MIGRATIONS)).down()


def _tables(database: SqlDatabase) -> list[str]:
    pool: Database = database.pool
    with pool.connection_context():
        return sorted(table for table in pool.get_tables() if not table.startswith("sqlite_"))
