"""
Logs, outputs and the contents of servers, saved until the search at the end.

Without a search, as in `make bench`, nothing is saved.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from tests.secrecy.ledger import Ledger, Source

HEADER = b"\n######## "


class Watch:
    """
    The saved texts of one process.

    `base` holds the files of this process's tests; `figures` count the saved texts. `folder`, within `base`, has a file
    for each source; a line before each part names its test.
    """

    def __init__(self, base: Path, ledger: Ledger) -> None:
        self.base = base
        self.folder = base / "secrecy"
        self.folder.mkdir()
        self.ledger = ledger
        self.figures: Counter[str] = Counter()
        self._files: dict[Source, BinaryIO] = {}
        self._latest: dict[Source, tuple[str, str]] = {}
        self._is_over = False
        self._lock = threading.RLock()  # reentrant: rows are read while they are saved, and reading may log

    def keep(self, source: Source, origin: str, pieces: Iterable[bytes]) -> int:
        """Save the pieces, and count them. `origin` names their source, in addition to the running test."""
        count = 0
        heading = os.environ.get("PYTEST_CURRENT_TEST", ""), origin
        with self._lock:
            if self._is_over:
                return 0  # from a thread that still runs
            file = self._files.get(source) or self._open(source)
            if heading != self._latest.get(source):
                self._latest[source] = heading
                file.write(HEADER + _words(*heading))
            for piece in pieces:
                file.write(piece + b"\n")
                count += 1
        return count

    def close(self) -> None:
        """End the saving."""
        with self._lock:
            self._is_over = True
            for file in self._files.values():
                file.close()

    def parts(self) -> list[tuple[Source, Path]]:
        """Return the saved files."""
        return [(source, Path(file.name)) for source, file in self._files.items()]

    def keep_files(self, folder: Path, pattern: str = "**/*") -> None:
        """Copy files of a folder that will be gone at the end; those within `base` stay where they are."""
        if not folder.resolve().is_relative_to(self.base.resolve()):
            for path in folder.glob(pattern):
                if path.is_file() and not path.is_symlink():
                    self.figures["files saved"] += 1
                    shutil.copyfile(path, self.folder / f"{self.figures['files saved']}-{path.name}")

    def _open(self, source: Source) -> BinaryIO:
        self._files[source] = (self.folder / f"{source.name.lower()}.captured").open("wb")
        return self._files[source]


_current: Watch | None = None


def begin(watch: Watch) -> None:
    global _current  # noqa: PLW0603 - many fixtures start servers, and must not pass the watch on
    _current = watch


def current() -> Watch | None:
    """Return the watch of this process; None without a search."""
    return _current


def keep(source: Source, origin: str, *pieces: str | bytes) -> None:
    """Save these pieces, if there is a search."""
    if _current:
        _current.keep(source, origin, [piece.encode() if isinstance(piece, str) else piece for piece in pieces])


def keep_files(folder: Path, pattern: str = "**/*") -> None:
    """Copy files of a folder that will be gone, if there is a search."""
    if _current:
        _current.keep_files(folder, pattern)


def note_text(text: str | bytes) -> None:
    """Note the secrets in an answer that a test got."""
    if _current:
        _current.ledger.note_text(text)


def _words(test: str, origin: str) -> bytes:
    named = test.rpartition(" (")[0].replace("qk_", "qk…")  # the name of a test may contain a made-up token
    return f"{named} {origin}\n".encode()
