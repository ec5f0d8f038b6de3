"""The folder that holds everything a service keeps on this machine."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from entrypoints.processes.errors import FolderInUse, FolderUnusable

_LOCK_WAIT_S = 3.0
_KEY_ID_LENGTH = 4


class DataFolder:
    """
    A private folder (0700) for one service at a time.

    `open` takes its lock, `close` frees it; children that inherit `lock` hold it until they end, so that no second
    server opens files which a dying one still writes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.lock = -1

    def create(self) -> None:
        """Make the folder if there is none; anybody may do that at any time."""
        with self._usable():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def open(self) -> None:
        """
        Make the folder and take its lock. One that was killed a moment ago may take some seconds to let go.

        Raises: FolderUnusable, FolderInUse
        """
        self.create()
        with self._usable():
            self.lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _LOCK_WAIT_S
        while not self._locked():
            if time.monotonic() > deadline:
                self.close()
                raise FolderInUse(self.path)
            time.sleep(0.05)  # flock waits either for ever or not at all

    def close(self) -> None:
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1

    def secret_keys(self) -> str:
        """The keyring of this folder, in the form of QUOTES_SECRET_KEYS; made at the first call."""
        key_id = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(_KEY_ID_LENGTH))
        return self.kept("secret.keys", f"{key_id}:{base64.b64encode(secrets.token_bytes(32)).decode('ascii')}")

    def password(self) -> str:
        """The password of this folder's server, made at the first call."""
        return self.kept("valkey.password", secrets.token_urlsafe(32))

    def kept(self, name: str, fresh: str) -> str:
        """The text in that file (0600); where there is none, `fresh`, which is in the file from now on."""
        path = self.path / name
        with self._usable(path):
            if not path.exists():
                write_private(path, fresh + "\n")
            path.chmod(0o600)
            return path.read_text(encoding="utf-8", errors="replace").strip()

    def put(self, name: str, text: str) -> None:
        """Keep that text in that file (0600), whatever was there."""
        with self._usable(self.path / name):
            write_private(self.path / name, text + "\n")

    def read(self, name: str) -> str:
        """The text in that file; empty where there is none. Makes nothing."""
        path = self.path / name
        with self._usable(path):
            return path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""

    def _locked(self) -> bool:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextlib.contextmanager
    def _usable(self, path: Path | None = None) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FolderUnusable(path or self.path, error) from error


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all: a crash leaves no empty secret behind."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    # Not Path.open: the file must be private from its first byte on, and that takes os.open's mode.
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - Path.open cannot set the mode
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
