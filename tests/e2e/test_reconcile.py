"""`quotes reconcile` as a process: beside `quotes serve`, alone, on a terminal, during outages, and at its end."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_memory_service import PASSWORD, applicant
from tests.support.reconciled_service import LOOK, ReconciledService
from tests.support.running_service import PROJECT, command, environment, finished, refusal, serving
from tests.support.waiting import eventually


@pytest.fixture
def settings() -> dict[str, str]:
    return {"QUOTES_REPAIR_DELAY": "100ms"}


@contextmanager
def reconciling(environ: dict[str, str], output: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("wb") as file:
        process = subprocess.Popen(command("reconcile", *words), cwd=PROJECT, env=environ, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.backend("valkey+sqlite")
def test_the_service_starts_one_and_a_claim_is_cleaned_up_after(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder, QUOTES_REPAIR_DELAY="100ms") as service:
        quote = service.send("POST", "/v1/quotes")
        path, person = f"/v1/quotes/{quote['quote_id']}/registration", {"email": "a@example.com", "password": PASSWORD}
        service.send("POST", path, str(quote["quote_token"]), person)

        def cleanup() -> Any:
            with closing(sqlite3.connect(folder / "quotes.db")) as connection:
                return connection.execute("SELECT cleanup FROM claim").fetchone()[0]

        eventually(lambda: cleanup() == "finished")


@pytest.mark.backend("valkey+sqlite")
def test_beside_the_service_commands_find_its_servers_by_the_data_folder(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder) as service:
        service.send("POST", "/v1/quotes")
        done = finished("claims", "verify", environ=environment(folder))
        assert (done.returncode, done.stdout) == (0, "0 claims, 0 quotes, 1 keys: nothing is wrong\n")
        assert oct((folder / "valkey.url").stat().st_mode)[-3:] == "600"
        elsewhere = environment(folder, QUOTES_DATABASE_URL=f"sqlite:///{tmp_path}/other.db")
        status, line = refusal("reconcile", "--once", environ=elsewhere)
        assert (status, "has another database" in line) == (2, True)
    service.process.wait()
    assert refusal("claims", "verify", environ=environment(folder))[0] == 3  # it was killed


@pytest.mark.backend("valkey+sqlite")
def test_a_service_that_has_ended_is_not_found_any_more(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder) as service:
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
    status, line = refusal("claims", "verify", environ=environment(folder))
    assert (status, "QUOTES_REDIS_URL is missing" in line) == (2, True)


@pytest.mark.backend("valkey+sqlite")
def test_without_servers_it_names_the_missing_setting_and_makes_nothing(tmp_path: Path) -> None:
    status, line = refusal("reconcile", "--once", environ=environment(tmp_path / "data"))
    assert (status, "QUOTES_REDIS_URL is missing" in line) == (2, True)
    assert not (tmp_path / "data").exists()


def test_it_goes_on_through_an_outage_of_both_servers_and_ends_cleanly(
    reconciled: ReconciledService, tmp_path: Path
) -> None:
    first, second = reconciled.start(), reconciled.start()
    output = tmp_path / "output"
    reconciled.register_pending(first)
    with reconciling(reconciled.environ, output) as process:
        eventually(lambda: reconciled.sql.rows()[2] == 1)
        reconciled.stop_store()
        reconciled.register(second, applicant("b@example.com"))
        eventually(lambda: f"claim {second.quote_id}: put off" in output.read_text())
        reconciled.sql.execute("ALTER TABLE claim RENAME TO elsewhere")
        eventually(lambda: "cannot look for claims" in output.read_text())
        reconciled.sql.execute("ALTER TABLE elsewhere RENAME TO claim")
        reconciled.start_store()
        reconciled.age(timedelta(hours=1))
        eventually(lambda: reconciled.sql.rows()[2] == 2, 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "stopped between two claims" in output.read_text()
    assert "Traceback" not in output.read_text()
    reconciled.reconcile_to_the_end()
    reconciled.assert_verified()


def test_it_waits_for_a_database_that_is_away_when_it_starts(reconciled: ReconciledService, tmp_path: Path) -> None:
    output = tmp_path / "output"
    away = reconciled.environ | {"QUOTES_DATABASE_URL": "postgresql://app:secret@127.0.0.1:1/quotes"}
    with reconciling(away, output) as process:
        eventually(lambda: output.read_text().count("cannot look for claims") > 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "secret" not in output.read_text()
    assert refusal("reconcile", "--once", environ=away)[0] == 3


def test_once_ends_with_the_outcomes_and_a_status_for_them(reconciled: ReconciledService) -> None:
    quote, lost = reconciled.start(), reconciled.start()
    reconciled.register_pending(quote)
    reconciled.age(LOOK)
    done = finished("reconcile", "--once", environ=reconciled.environ)
    assert (done.returncode, done.stdout) == (0, "1 built\n")
    assert finished("reconcile", "--once", environ=reconciled.environ).stdout == "nothing was due\n"
    reconciled.register_pending(lost, applicant("b@example.com"))
    reconciled.admin.delete(reconciled.key(lost))
    reconciled.age(LOOK)
    done = finished("reconcile", "--once", "--json", environ=reconciled.environ)
    assert (done.returncode, json.loads(done.stdout)["dead"]) == (1, 1)
    reconciled.age(timedelta(hours=1))
    reconciled.stop_store()
    done = finished("reconcile", "--once", environ=reconciled.environ)
    assert (done.returncode, done.stdout) == (3, "2 waiting\n")


def test_on_a_terminal_it_shows_how_far_it_is(reconciled: ReconciledService) -> None:
    for n in range(3):
        reconciled.register(reconciled.start(), applicant(f"p{n}@example.com"))
    reconciled.age(LOOK)
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(
            command("reconcile", "--once"), cwd=PROJECT, env=reconciled.environ, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        assert process.wait(30) == 0
        shown = terminal.read(65536).decode()
    assert "\r\x1b[K1 cleaned" in shown
    assert re.search(r"\r\x1b\[K3 cleaned\r?\n\Z", shown)


def test_a_second_signal_ends_it_at_once(reconciled: ReconciledService, tmp_path: Path) -> None:
    with reconciling(reconciled.environ, tmp_path / "output") as process:
        eventually(lambda: "reconciling" in (tmp_path / "output").read_text())
        reconciled.server.stop()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, -signal.SIGINT)


def test_the_acl_of_the_documentation_is_enough_for_the_reconciler_and_that_of_operators_for_the_checker(
    reconciled: ReconciledService,
) -> None:
    documented = Path(PROJECT, "docs/production.md").read_text("utf-8")
    service, operators = re.findall(r"`(resetkeys [^`]+|\+scan [^`]+)`", documented)
    reconciled.register_pending(reconciled.start())
    reconciled.age(LOOK)
    for user, rule in {"app": service, "operator": f"{service} {operators}"}.items():
        reconciled.admin.execute_command("ACL", "SETUSER", user, "reset", "on", ">secret", *rule.split())

    def as_user(user: str, *words: str) -> int:
        environ = reconciled.environ | {"QUOTES_REDIS_URL": reconciled.url_as(user, "secret")}
        return finished(*words, environ=environ).returncode

    assert as_user("app", "reconcile", "--once") == 0
    assert reconciled.sql.rows() == (1, 1, 1)
    assert as_user("app", "claims", "verify") == 3
    assert as_user("operator", "claims", "verify") == 0
