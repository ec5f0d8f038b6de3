"""The folder for all data that a service keeps on this machine."""

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

    `open` takes its lock, and `close` frees it. Child processes that inherit `lock` hold it until they end, so no
    second server opens files that a dying server still writes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.lock = -1

    def create(self) -> None:
        """
        Make the folder if it does not exist. This needs no lock.

        Raises: FolderUnusable
        """
        with self._usable():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def open(self) -> None:
        """
        Make the folder and take its lock. It waits up to 3 s for a service that was just killed to free the lock.

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
            time.sleep(0.05)  # flock has no timeout: it waits for ever, or not at all

    def close(self) -> None:
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1

    def secret_keys(self) -> str:
        """Return the keyring of this folder, in the form of QUOTES_SECRET_KEYS. The first call makes it."""
        key_id = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(_KEY_ID_LENGTH))
        return self.kept("secret.keys", f"{key_id}:{base64.b64encode(secrets.token_bytes(32)).decode('ascii')}")

    def password(self) -> str:
        """Return the password of this folder's server. The first call makes it."""
        return self.kept("valkey.password", secrets.token_urlsafe(32))

    def kept(self, name: str, fresh: str) -> str:
        """Return the text of this file (0600). If the file does not exist, write `fresh` to it first."""
        path = self.path / name
        with self._usable(path):
            if not path.exists():
                write_private(path, fresh + "\n")
            path.chmod(0o600)
            return path.read_text(encoding="utf-8", errors="replace").strip()

    def put(self, name: str, text: str) -> None:
        """Write the text to this file (0600), and replace its old content."""
        with self._usable(self.path / name):
            write_private(self.path / name, text + "\n")

    def read(self, name: str) -> str:
        """Return the text of this file, or an empty text if it does not exist."""
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
    """Write a file that only its owner can read, atomically: a crash leaves no empty secret behind."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    # The file must be private from its first byte on: that needs the mode of os.open, and Path.open has none.
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - Path.open cannot set the mode
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
