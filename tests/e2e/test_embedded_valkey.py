"""The bundled server: it keeps acknowledged writes, and keeps its files private."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError

from entrypoints.processes import data_folder as folder_module
from entrypoints.processes import embedded_valkey as valkey
from entrypoints.processes.data_folder import DataFolder
from entrypoints.processes.embedded_valkey import EmbeddedValkey
from entrypoints.processes.errors import FolderInUse, FolderUnusable, ServerFailed
from tests.support.waiting import eventually


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[DataFolder]:
    folder = DataFolder(path)
    folder.open()
    try:
        yield folder
    finally:
        folder.close()


@contextlib.contextmanager
def running(folder: DataFolder) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(folder)
    server.start()
    try:
        eventually(server.ready)
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def client(url: str) -> Iterator[Redis]:
    with contextlib.closing(Redis.from_url(url, decode_responses=True)) as connection:
        yield connection


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "_LOCK_WAIT_S", 0.1)


def pid_of(server: EmbeddedValkey) -> int:
    with client(server.url) as redis:
        return int(redis.info("server")["process_id"])


def test_it_is_set_up_so_that_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with opened(tmp_path) as folder, running(folder) as server, client(server.url) as redis:
        assert redis.config_get("appendonly") == {"appendonly": "yes"}
        assert redis.config_get("appendfsync") == {"appendfsync": "everysec"}
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert redis.config_get("port") == {"port": "0"}


def test_data_survives_an_orderly_end(tmp_path: Path) -> None:
    with opened(tmp_path) as folder:
        with running(folder) as server, client(server.url) as redis:
            redis.set("quote", "kept", ex=600)
        with running(folder) as server, client(server.url) as redis:
            assert redis.get("quote") == "kept"
            assert redis.ttl("quote") > 500


def test_data_survives_a_kill(tmp_path: Path) -> None:
    with opened(tmp_path) as folder:
        with running(folder) as server, client(server.url) as redis:
            redis.set("quote", "kept")
            os.kill(pid_of(server), signal.SIGKILL)
            eventually(lambda: server.exit_status() is not None)
        with running(folder) as server, client(server.url) as redis:
            assert redis.get("quote") == "kept"


def test_a_half_written_last_command_does_not_stop_it(tmp_path: Path) -> None:
    with opened(tmp_path) as folder:
        with running(folder) as server, client(server.url) as redis:
            redis.set("quote", "kept")
        [log] = (folder.path / "appendonlydir").glob("*.incr.aof")
        with log.open("ab") as file:
            file.write(b"*3\r\n$3\r\nSET\r\n$5\r\nqu")
        with running(folder) as server, client(server.url) as redis:
            assert redis.get("quote") == "kept"


def test_while_it_loads_it_is_not_ready_and_not_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "_SILENCE", 0.5)
    with opened(tmp_path) as folder:
        with running(folder):
            pass
        [log] = (folder.path / "appendonlydir").glob("*.incr.aof")
        log.write_bytes(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n" + b"*2\r\n$4\r\nINCR\r\n$5\r\ncount\r\n" * 3_000_000)
        server = EmbeddedValkey(folder)
        server.start()
        try:
            with client(server.url) as redis:
                eventually(lambda: is_loading(redis))
                assert not server.ready()
                eventually(server.ready)
                assert redis.get("count") == "3000000"
        finally:
            server.stop()


def is_loading(redis: Redis) -> bool:
    try:
        redis.ping()
    except BusyLoadingError:
        return True
    except RedisConnectionError:
        return False
    pytest.fail("it was ready before it was seen loading")


def test_a_server_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as folder, running(folder) as server:
        pid = pid_of(server)
        monkeypatch.setattr(valkey, "_SILENCE", 0.1)
        os.kill(pid, signal.SIGSTOP)

        with pytest.raises(ServerFailed, match="does not answer"):
            eventually(server.ready)
        server.kill()


def test_the_password_is_needed_and_stays_the_same(tmp_path: Path) -> None:
    with opened(tmp_path) as folder:
        with running(folder) as server:
            first = server.url
            scheme, _, path = first.partition("@")
            assert scheme.startswith("unix://:")
            with client(f"unix://{path}") as stranger, pytest.raises(AuthenticationError):
                stranger.get("quote")
        with running(folder) as server:
            assert server.url == first


def test_everything_in_the_folder_is_private(tmp_path: Path) -> None:
    with opened(tmp_path / "fresh") as folder, running(folder):
        folder.secret_keys()

        assert mode(folder.path) == 0o700
        names = ("lock", "secret.keys", "valkey.conf", "valkey.log", "valkey.password", "valkey.sock")
        assert [(name, 0o600) for name in names] == [(name, mode(folder.path / name)) for name in names]


def test_a_long_path_gets_its_socket_elsewhere_in_private(tmp_path: Path) -> None:
    with opened(tmp_path / ("long" * 30)) as folder:
        with running(folder) as server, client(server.url) as redis:
            socket = Path(server.url.partition("@")[2])
            assert len(bytes(socket)) <= 100
            assert mode(socket) == 0o600
            assert mode(socket.parent) == 0o700
            assert redis.set("quote", "kept")
        assert not socket.parent.exists()
        with running(folder) as server, client(server.url) as redis:
            assert redis.get("quote") == "kept"


def test_a_path_with_special_characters_works(tmp_path: Path) -> None:
    with opened(tmp_path / "a b%20\"c'#?é") as folder, running(folder) as server, client(server.url) as redis:
        assert redis.ping()


def test_a_server_that_cannot_start_shows_its_last_words(tmp_path: Path) -> None:
    with opened(tmp_path) as folder:
        (folder.path / "appendonlydir").write_text("a file where a folder must be")
        server = EmbeddedValkey(folder)
        server.start()
        eventually(lambda: server.exit_status() is not None)

        with pytest.raises(
            ServerFailed, match=r"Read .*valkey\.log; valkey-server ended with status 1: .*appendonlydir"
        ) as failed:
            server.ready()
        assert "\n" not in str(failed.value)
        server.stop()


def test_one_service_has_the_folder_at_a_time(tmp_path: Path, impatient: None) -> None:
    with opened(tmp_path), pytest.raises(FolderInUse, match=str(tmp_path)):
        DataFolder(tmp_path).open()


def test_a_server_that_still_runs_keeps_the_lock_of_its_folder(tmp_path: Path, impatient: None) -> None:
    with opened(tmp_path) as folder, running(folder):
        folder.close()  # as if the parent had been killed

        with pytest.raises(FolderInUse):
            DataFolder(tmp_path).open()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(FolderUnusable, match=f"{file}/data"):
        DataFolder(file / "data").open()


def test_keys_are_made_once_and_are_different_in_each_folder(tmp_path: Path) -> None:
    with opened(tmp_path / "one") as one, opened(tmp_path / "other") as other:
        first = one.secret_keys()

        assert one.secret_keys() == first
        assert other.secret_keys() != first
