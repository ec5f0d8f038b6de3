"""
What logs, processes and servers of the tests say, kept until it is searched.

Where no search is to come, as in `make bench`, nothing is watched and nothing is kept.
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
    `base` holds the files of this process's tests; `figures` count what was kept. In `folder`, within it, is a file
    for each source, in which a line in front of each part says whose it is.
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
        self._lock = threading.RLock()  # rows are read while they are kept, and their reader may log

    def keep(self, source: Source, what: str, pieces: Iterable[bytes]) -> int:
        """How many pieces there were. `what` names where they are from, besides the test that runs now."""
        count = 0
        whose = os.environ.get("PYTEST_CURRENT_TEST", ""), what
        with self._lock:
            if self._is_over:
                return 0  # a thread that is not over yet
            file = self._files.get(source) or self._open(source)
            if whose != self._latest.get(source):
                self._latest[source] = whose
                file.write(HEADER + _words(*whose))
            for piece in pieces:
                file.write(piece + b"\n")
                count += 1
        return count

    def close(self) -> None:
        """Nothing is kept any more."""
        with self._lock:
            self._is_over = True
            for file in self._files.values():
                file.close()

    def parts(self) -> list[tuple[Source, Path]]:
        """The files that were kept."""
        return [(source, Path(file.name)) for source, file in self._files.items()]

    def keep_files(self, folder: Path, pattern: str = "**/*") -> None:
        """Files of a folder that will be gone at the end; the others stay where they are."""
        if not folder.resolve().is_relative_to(self.base.resolve()):
            for path in folder.glob(pattern):
                if path.is_file() and not path.is_symlink():
                    self.figures["files saved"] += 1
                    shutil.copyfile(path, self.folder / f"{self.figures['files saved']}-{path.name}")

    def _open(self, source: Source) -> BinaryIO:
        self._files[source] = (self.folder / f"{source.name.lower()}.kept").open("wb")
        return self._files[source]


_current: Watch | None = None


def begin(watch: Watch) -> None:
    global _current  # noqa: PLW0603 - servers are started by many, who are not to hand it on
    _current = watch


def current() -> Watch | None:
    """None where no search is to come."""
    return _current


def keep(source: Source, what: str, *pieces: str | bytes) -> None:
    """What somebody said, if it is to be searched."""
    if _current:
        _current.keep(source, what, [piece.encode() if isinstance(piece, str) else piece for piece in pieces])


def keep_files(folder: Path, pattern: str = "**/*") -> None:
    """Those of a folder that will be gone, if they are to be searched."""
    if _current:
        _current.keep_files(folder, pattern)


def hear(text: str | bytes) -> None:
    """What a test was answered, so that its secrets are known."""
    if _current:
        _current.ledger.hear(text)


def _words(test: str, what: str) -> bytes:
    named = test.rpartition(" (")[0].replace("qk_", "qk…")  # a test may be named after a token that it has made up
    return f"{named} {what}\n".encode()
