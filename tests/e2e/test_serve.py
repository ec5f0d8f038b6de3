"""`quotes serve` as a process: it starts without settings, keeps its data, and leaves no process behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.running_service import (
    PROJECT,
    Service,
    descendants,
    environment,
    finished,
    lives,
    names,
    refusal,
    serving,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


def test_it_serves_with_nothing_given(folder: Path) -> None:
    with serving(folder) as service:
        quote = service.send("POST", "/v1/quotes", body={"product": "motor"})

        assert quote["product"] == "motor"
        assert folder.stat().st_mode & 0o777 == 0o700
        loose = [path.name for path in folder.rglob("*") if path.stat().st_mode & 0o077]
        assert loose == []


def test_a_quote_survives_a_restart(folder: Path) -> None:
    with serving(folder) as service:
        quote = service.send("POST", "/v1/quotes", body={"details": {"seats": 5}})
        service.process.terminate()
        assert service.process.wait(20) == 0

    with serving(folder) as service:
        again = service.send("GET", f"/v1/quotes/{quote['quote_id']}", token=str(quote["quote_token"]))

        assert again["details"] == {"seats": 5}
        assert again["revision"] == quote["revision"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(folder: Path, number: signal.Signals) -> None:
    with serving(folder) as service:
        family = descendants(service.process.pid)
        assert "valkey-server" in names(family)
        assert "gunicorn" in names(family)

        service.process.send_signal(number)

        assert service.process.wait(20) == 0
        assert [pid for pid in family if lives(pid)] == []
        assert service.port_is_free()
        assert "Traceback" not in service.text()


def test_a_ctrl_c_lets_a_running_request_finish(folder: Path) -> None:
    with (
        serving(folder) as service,
        socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2]))) as slow,
    ):
        slow.sendall(
            b"POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        )
        eventually(lambda: service.send("GET", "/healthz"))
        os.killpg(service.process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        eventually(lambda: "Stopping" in service.text())
        slow.sendall(b"}")

        assert slow.recv(4096).startswith(b"HTTP/1.1 201")
        slow.close()
        assert service.process.wait(20) == 0


def test_a_second_signal_kills(folder: Path) -> None:
    with (
        serving(folder) as service,
        socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2]))) as slow,
    ):
        slow.sendall(b"POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
        family = descendants(service.process.pid)
        service.process.send_signal(signal.SIGINT)
        eventually(lambda: "Stopping" in service.text())
        began = time.monotonic()
        service.process.send_signal(signal.SIGINT)

        assert service.process.wait(20) == 1
        assert time.monotonic() - began < 8  # gunicorn alone would have waited for 10 s
        assert [pid for pid in family if lives(pid)] == []


def test_a_signal_while_it_starts_stops_everything(folder: Path) -> None:
    service = Service(environment(folder), folder.with_suffix(".output"))
    family: set[int] = set()

    def gunicorn_started() -> bool:
        family.update(descendants(service.process.pid))
        return len(family) > 1

    eventually(gunicorn_started)
    service.process.send_signal(signal.SIGINT)

    assert service.process.wait(30) == 0
    eventually(lambda: not any(lives(pid) for pid in family))
    assert "Quotehold is ready" not in service.text()


def test_a_kill_takes_the_children_with_it(folder: Path) -> None:
    with serving(folder) as service:
        family = descendants(service.process.pid)
        assert len(family) == 4

        service.process.kill()

        eventually(lambda: not any(lives(pid) for pid in family), seconds=20)
        assert service.port_is_free()
    with serving(folder) as service:
        assert service.send("GET", "/readyz")["status"] == "ready"


@pytest.mark.parametrize("name", ["valkey-server", "gunicorn", "reconcile"])
def test_a_child_that_dies_ends_everything(folder: Path, name: str) -> None:
    with serving(folder) as service:
        family = descendants(service.process.pid)
        [victim] = [pid for pid in family if name in names({pid}) and parent(pid) == service.process.pid]

        os.kill(victim, signal.SIGKILL)

        assert service.process.wait(30) == 3
        assert [pid for pid in family if lives(pid)] == []
        complaints = [line for line in service.text().splitlines() if line.startswith("quotes: ")]
        assert len(complaints) == 1
        assert "ended by itself" in complaints[0]
        assert "Traceback" not in service.text()


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])


def test_a_folder_serves_one_service(folder: Path) -> None:
    with serving(folder):
        status, line = refusal("serve", environ=environment(folder))

    assert status == 1
    assert f"{folder} is in use" in line


def test_a_port_in_use_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        status, line = refusal("serve", environ=environment(folder, QUOTES_BIND=address))

    assert status == 1
    assert f"cannot listen on {address}: Address already in use" in line


def test_an_address_of_another_machine_is_named(folder: Path) -> None:
    status, line = refusal("serve", environ=environment(folder, QUOTES_BIND="192.0.2.1:8000"))

    assert status == 1
    assert "cannot listen on 192.0.2.1:8000" in line


@pytest.mark.parametrize("words", [("serve",), ("migrate",)])
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()

    status, line = refusal(*words, environ=environment(tmp_path / "file" / "data"))

    assert status == 1
    assert f"cannot use {tmp_path}/file/data: Not a directory" in line


@pytest.mark.parametrize("words", [("serve",), ("migrate",), ("config",)])
def test_a_bad_setting_is_named(folder: Path, words: tuple[str, ...]) -> None:
    status, line = refusal(*words, environ=environment(folder, QUOTES_TTL="soon"))

    assert status == 2
    assert line.startswith("quotes: QUOTES_TTL must be a duration such as 24h ")


def test_production_embeds_nothing(folder: Path) -> None:
    status, line = refusal("serve", environ=environment(folder, QUOTES_ENV="production"))

    assert status == 2
    assert "QUOTES_REDIS_URL is missing" in line
    assert not folder.exists()


def test_damaged_keys_are_named_and_not_shown(folder: Path) -> None:
    folder.mkdir()
    (folder / "secret.keys").write_text("k1:hunter2\n")

    done = finished("serve", environ=environment(folder))

    assert done.returncode == 1
    assert re.fullmatch(rf"quotes: Restore {folder}/secret.keys from a backup; it was damaged: [^\n]+\n", done.stderr)
    assert "hunter2" not in done.stderr


def test_a_typing_error_in_a_name_is_warned_of_once(folder: Path) -> None:
    with serving(folder, QUOTES_TLL="1h") as service:
        assert service.text().count("QUOTES_TLL is not a setting and is ignored") == 1


def test_gunicorn_alone_refuses_a_bad_setting_in_one_line(folder: Path) -> None:
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"]

    done = subprocess.run(
        gunicorn, cwd=PROJECT, env=environment(folder), capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert re.fullmatch(
        r"quotes: Set QUOTES_REDIS_URL, or start the service with `quotes serve`[^\n]+ QUOTES_REDIS_URL is missing\n",
        done.stderr,
    )


def test_the_answers_do_not_name_the_web_server(folder: Path) -> None:
    with serving(folder) as service, urllib.request.urlopen(service.url + "/healthz", timeout=10) as answer:  # noqa: S310 - our own
        assert answer.headers["Server"] == "quotehold"


def test_migrating_twice_does_it_once(folder: Path) -> None:
    first = finished("migrate", "--json", environ=environment(folder))
    second = finished("migrate", "--json", environ=environment(folder))

    assert (first.returncode, second.returncode) == (0, 0)
    assert json.loads(first.stdout)["applied"] != []
    assert json.loads(second.stdout)["applied"] == []


def test_the_contract_is_printed_without_settings_or_servers(folder: Path) -> None:
    done = finished("openapi", environ=environment(folder, QUOTES_TTL="soon"))

    assert done.returncode == 0
    assert done.stdout == (PROJECT / "docs" / "openapi.json").read_text("utf-8")
    assert not folder.exists()


def test_the_settings_are_shown_without_secrets(folder: Path) -> None:
    environ = environment(folder, QUOTES_REDIS_URL="redis://:hunter2@127.0.0.1:6379/0")

    text = finished("config", environ=environ)
    rows = json.loads(finished("config", "--json", environ=environ).stdout)

    assert "hunter2" not in text.stdout
    assert {"redis://***@127.0.0.1:6379/0"} == {row["value"] for row in rows if row["name"] == "QUOTES_REDIS_URL"}


def test_wrong_usage_has_its_own_exit_status(folder: Path) -> None:
    status, line = refusal("sreve", environ=environment(folder))

    assert status == 2
    assert "sreve" in line
