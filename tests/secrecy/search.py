"""Looks for the secrets in everything that this process's tests have left."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from tests.secrecy.ledger import Source
from tests.secrecy.needles import Hit, Needles
from tests.secrecy.report import Report
from tests.secrecy.rows import STATEMENTS
from tests.secrecy.watch import HEADER, Watch

_SHOWN = 100
"""Bytes before a secret, in a report."""
_MOST = 1000
"""Leaks that are told; after that many it is clear."""
_COUNTED = {
    Source.LOG: ("lines", re.compile(rb"\n")),
    Source.OUTPUT: ("lines of outputs", re.compile(rb"\n")),
    Source.APPENDED: ("writes", re.compile(rb"^\*\d", re.MULTILINE)),
    Source.STATEMENTS: ("statements", re.compile(rb"LOG:  (?:execute|statement)|\d (?:Query|Execute)\t")),
}
_DATABASES = ("PG_VERSION", "ibdata1")
"""In a folder, they say that it is a SQL server's own: its tables are read by the server itself."""


def search(watch: Watch) -> Report:
    """Of this process alone."""
    began = time.process_time()
    watch.close()
    ledger = watch.ledger
    report, needles, found = Report(ledger.count(), watch.figures), Needles.of(ledger.secrets), set()
    for source, path in [*watch.parts(), *_files(watch)]:
        data = path.read_bytes()
        _count(report, source, data)
        told = set()
        for hit in needles.hits(data):
            if hit.secret in ledger.planted:
                found |= {(hit.secret, source)}
            elif hit.secret not in told and len(report.leaks) < _MOST:
                told.add(hit.secret)
                report.leaks.append(f"{_name(watch, hit.secret)} in {source}, {_place(data, hit, path)}")
    report.planted = len(ledger.planted)
    missed = ledger.planted.items() - found
    report.missed = [f"{_name(watch, secret)} that was planted in {source}" for secret, source in missed]
    report.figures["ms"] += round(1000 * (time.process_time() - began))
    return report


def _files(watch: Watch) -> Iterator[tuple[Source, Path]]:
    """Those that tests, services and servers have left, and what was saved of those that are gone."""
    kept = {path for _, path in watch.parts()}
    for folder, folders, names in os.walk(watch.base):
        if any(name in names for name in _DATABASES):
            folders.clear()
            continue
        for path in (Path(folder, name) for name in names):
            if path.is_file() and not path.is_symlink() and path not in kept:
                yield _source(path), path


def _source(path: Path) -> Source:
    with path.open("rb") as file:
        first = file.read(16)
    if path.suffix in (".aof", ".rdb"):
        return Source.APPENDED
    if first.startswith(b"SQLite format 3") or path.name.endswith("-wal"):
        return Source.SQLITE
    return Source.STATEMENTS if path.name.endswith(STATEMENTS) else Source.OUTPUT


def _count(report: Report, source: Source, data: bytes) -> None:
    report.figures["bytes"] += len(data)
    if source in (Source.SQLITE, Source.APPENDED, Source.OUTPUT):
        report.figures[source.value] += 1
    if source in _COUNTED:
        name, piece = _COUNTED[source]
        report.figures[name] += len(piece.findall(data))


def _name(watch: Watch, secret: str) -> str:
    kind = watch.ledger.secrets.get(secret)
    return f"{kind.removesuffix('s') if kind else 'a token that nobody has noted'} {secret[:6]}…"


def _place(data: bytes, hit: Hit, path: Path) -> str:
    """Which test's, or which file, and what stands before it."""
    start = data.rfind(HEADER, 0, hit.offset)
    whose = path.name if start < 0 else data[start + len(HEADER) :].partition(b"\n")[0].decode()
    before = data[max(0, hit.offset - _SHOWN) : hit.offset].replace(hit.secret.encode(), b"[the secret]")
    return f"{whose.strip()}: {before.decode('ascii', 'backslashreplace')!r}"
