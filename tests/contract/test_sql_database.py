"""The place of the database, the state of its schema, and the errors of an unusable one."""

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
from adapters.sql.models import AccountRow, AuditRow, ClaimRow, QuoteRow
from adapters.sql.schema import migrate, pending
from domain.errors import DatabaseUnavailable
from tests.contract.support.builders import a_new_claim
from tests.contract.support.database_fixtures import sql_ports
from tests.contract.support.sql_backends import SqlBackend

ROOT = Path(__file__).parent.parent.parent
ALL = ["0001_initial", "0002_repairs", "0003_account_claims"]
_MIGRATION = """
from peewee import CharField, IntegerField, Model
from adapters.sql import ddl

def up(migrator, db):
    class One(Model):
        id = IntegerField(primary_key=True)
        name = CharField(10, unique=True)
        class Meta:
            database = db
            table_settings = ddl.table_settings(db)
    ddl.create(db, [One])
"""
_HALF = """db.execute_sql("CREATE TABLE one (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(10) NOT NULL)")
    db.execute_sql("no statement")"""


def test_several_databases_are_used_by_one_process(database: SqlDatabase, tmp_path: Path) -> None:
    first, second = database, open_database(f"sqlite:///{tmp_path}/second.db")
    migrate(second)
    new = a_new_claim()

    sql_ports(first).claims.add(new)

    assert sql_ports(second).claims.with_account(new.claim.quote_id) is None
    sql_ports(second).claims.add(new)
    second.close()


def test_the_tables_are_those_that_the_models_expect(database: SqlDatabase) -> None:
    models = [AccountRow, QuoteRow, ClaimRow, AuditRow]

    with database.pool.connection_context(), database.pool.bind_ctx(models):
        assert not diff_models(database.pool, models)


def test_a_schema_goes_up_down_and_up_again(sql_backend: SqlBackend) -> None:
    database = open_database(sql_backend.url)

    assert pending(database) == ALL
    assert migrate(database) == ALL
    assert pending(database) == []
    assert migrate(database) == []
    assert _down(database) == ALL[::-1]
    assert pending(database) == ALL
    assert _tables(database) == ["schema_migration"]
    assert migrate(database) == ALL
    sql_ports(database).claims.add(a_new_claim())
    database.close()


def test_a_migration_that_fails_half_way_can_be_repeated(
    sql_backend: SqlBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "migrations"
    directory.mkdir()
    script = directory / "0001_initial.py"
    script.write_text(_MIGRATION.replace("ddl.create(db, [One])", _HALF))
    monkeypatch.setattr(schema, "_MIGRATIONS", directory)
    database = open_database(sql_backend.url)

    with pytest.raises(DatabaseUnavailable, match="syntax"):
        migrate(database)
    assert pending(database) == ALL[:1]

    script.write_text(_MIGRATION)
    assert migrate(database) == ALL[:1]
    with database.pool.connection_context():
        assert ["name"] in [index.columns for index in database.pool.get_indexes("one") if index.unique]
    database.close()


def test_several_processes_that_migrate_a_fresh_file_at_once_do_it_once(sql_backend: SqlBackend) -> None:
    migrator = (
        "import json, sys\n"
        "from adapters.sql.database import open_database\n"
        "from adapters.sql.schema import migrate\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
        "print(json.dumps(migrate(open_database(sys.argv[1]))))\n"
    )
    command = [sys.executable, "-c", migrator, sql_backend.url]
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


def test_a_database_that_was_not_migrated_says_what_to_run(sql_backend: SqlBackend) -> None:
    database = open_database(sql_backend.url)

    with pytest.raises(DatabaseUnavailable, match=r"quotes migrate.*0001_initial"):
        sql_ports(database).claims.check()
    with pytest.raises(DatabaseUnavailable, match=r"no such table|does not exist|doesn't exist"):
        sql_ports(database).claims.add(a_new_claim())
    database.close()


def _down(database: SqlDatabase) -> list[str]:
    with database.dialect.migrating(database.pool):
        return Runner(database.pool, str(schema._MIGRATIONS)).down(ALL[0])


def _tables(database: SqlDatabase) -> list[str]:
    pool: Database = database.pool
    with pool.connection_context():
        return sorted(table for table in pool.get_tables() if not table.startswith("sqlite_"))
