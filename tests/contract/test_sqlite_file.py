"""The file of an SQLite database: its path, and the errors of an unusable one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.sql.database import SqlDatabase, open_database
from adapters.sql.schema import migrate
from domain.errors import DatabaseUnavailable
from tests.contract.support.builders import a_claim_to_repair, a_new_claim, a_quote_id, an_account
from tests.contract.support.database_fixtures import ON_SQLITE, sql_ports
from tests.contract.support.sql_backends import SqliteBackend

pytestmark = ON_SQLITE

ALL = ["0001_initial", "0002_repairs", "0003_account_claims"]


@pytest.fixture
def sqlite_url(sql_backend: SqliteBackend) -> str:
    """The URL of a file that does not exist yet."""
    return sql_backend.url


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
def test_another_url_is_refused_with_a_line_that_names_the_allowed_forms(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///") as caught:
        open_database(url)

    assert "\n" not in str(caught.value)
    assert "tiger" not in str(caught.value)


def test_a_database_whose_folder_is_missing_is_unavailable(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/missing/quotes.db")

    for use in (
        lambda: migrate(database),
        sql_ports(database).claims.check,
        lambda: sql_ports(database).claims.add(a_new_claim()),
    ):
        with pytest.raises(DatabaseUnavailable):
            use()


def test_a_file_that_is_not_a_database_is_unavailable(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "quotes.db").write_bytes(b"no database at all" * 1000)
    database = open_database(sqlite_url)

    for use in (
        lambda: migrate(database),
        lambda: sql_ports(database).claims.with_account(a_quote_id()),
        lambda: sql_ports(database).claims.add(a_new_claim()),
    ):
        with pytest.raises(DatabaseUnavailable):
            use()
    database.close()


def test_a_corrupt_file_is_unavailable(database: SqlDatabase, sqlite_url: str) -> None:
    new = a_claim_to_repair(payload=b"x" * 100_000)
    sql_ports(database).claims.add(new)
    database.close()
    path = Path(database.pool.database)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))

    claims = sql_ports(open_database(sqlite_url)).claims
    uses: list[Callable[[], object]] = [
        lambda: claims.with_account(new.claim.quote_id),
        lambda: claims.add(a_new_claim()),
        claims.check,
    ]
    for use in uses:
        with pytest.raises(DatabaseUnavailable):
            use()


@pytest.mark.parametrize(
    ("setting", "message"), [("query_only = 1", "readonly"), ("max_page_count = 1", "full")], ids=["readonly", "full"]
)
def test_a_database_that_cannot_be_written_is_unavailable_and_can_be_read(
    database: SqlDatabase, setting: str, message: str
) -> None:
    claims = sql_ports(database).claims
    first = a_new_claim()
    claims.add(first)
    with database.pool.connection_context():
        database.pool.execute_sql(f"PRAGMA {setting}")

    with pytest.raises(DatabaseUnavailable, match=message):
        claims.add(a_claim_to_repair(an_account("bob@example.com"), payload=b"x" * 1_000_000))

    assert first.quote == claims.quote(first.claim.quote_id)
