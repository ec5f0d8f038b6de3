"""The search for secrets in everything that the tests of this process have left."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.secrecy.ledger import Ledger, Source
from tests.secrecy.report import Report
from tests.secrecy.rows import STATEMENTS
from tests.secrecy.secret_patterns import Hit, SecretPatterns
from tests.secrecy.watch import HEADER, Watch

_SHOWN = 100
"""Bytes before a secret that a report shows."""
_SMALL = 1 << 20
"""Bytes. Files up to this size are searched together."""
_MOST = 1000
"""The most leaks in a report."""
_COUNTED = {
    Source.LOG: ("lines", (b"\n",)),
    Source.OUTPUT: ("lines of outputs", (b"\n",)),
    Source.APPENDED: ("writes", (b"\n*",)),
    Source.STATEMENTS: ("statements", (b"LOG:  execute", b"LOG:  statement", b" Query\t", b" Execute\t")),
}
_WITH_NAMES = (Source.KEYS, Source.APPENDED, Source.SLOWLOG)
"""Sources with names of keys, which may look like a token by chance. Noted tokens are found in them all the same."""
_PROGRAM = (".py", ".pyc", ".pyi", ".lua", ".md", ".ts", ".js")
"""Suffixes of program files. Tests copy the project to break it, and its words may be a test's password."""
_DATABASES = ("PG_VERSION", "ibdata1")
"""Files that mark the data folder of a SQL server. Its tables are read through the server instead."""


def search(watch: Watch) -> Report:
    """Search all saved texts of this process."""
    began = time.process_time()
    watch.close()
    ledger = watch.ledger
    report, patterns, found = Report(ledger.count(), watch.figures), SecretPatterns.of(ledger.secrets), set()
    for source, path, data in _texts(watch, report):
        for hit in _hits(ledger, patterns, source, data):
            found.add((hit.secret, source))
            if hit.secret not in ledger.planted and len(report.leaks) < _MOST:
                report.leaks.append(f"{_name(ledger, hit.secret)} in {source}, {_place(watch.base, path, data, hit)}")
    report.planted = len(ledger.planted)
    missed = ledger.planted.items() - found
    report.missed = [f"{_name(ledger, secret)} that was planted in {source}" for secret, source in missed]
    report.figures["ms"] += round(1000 * (time.process_time() - began))
    return report


def _texts(watch: Watch, report: Report) -> Iterator[tuple[Source, Path, bytes]]:
    """Yield each large file, and the small ones of each source together, since each search has its cost."""
    together: dict[Source, list[bytes]] = defaultdict(list)
    for source, path in [*watch.parts(), *_files(watch)]:
        data = path.read_bytes()
        _count(report, source, data)
        if len(data) > _SMALL:
            yield source, path, data
        else:
            together[source] += [HEADER, str(path.relative_to(watch.base)).encode(), b"\n", data]
    for source, pieces in together.items():
        yield source, watch.base, b"".join(pieces)


def _hits(ledger: Ledger, patterns: SecretPatterns, source: Source, data: bytes) -> Iterator[Hit]:
    """Yield one hit for each secret."""
    told = set()
    for hit in patterns.hits(data):
        if hit.secret not in told and (hit.secret in ledger.secrets or source not in _WITH_NAMES):
            told.add(hit.secret)
            yield hit


def _files(watch: Watch) -> Iterator[tuple[Source, Path]]:
    """Yield the files of tests, services and servers, and the saved copies of deleted ones."""
    saved = {path for _, path in watch.parts()}
    for folder, folders, names in os.walk(watch.base):
        if any(name in names for name in _DATABASES):
            folders.clear()
            continue
        for path in (Path(folder, name) for name in names):
            if path.is_file() and not path.is_symlink() and path not in saved and path.suffix not in _PROGRAM:
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
        name, pieces = _COUNTED[source]
        report.figures[name] += sum(map(data.count, pieces))


def _name(ledger: Ledger, secret: str) -> str:
    kind = ledger.secrets.get(secret)
    return f"{kind.removesuffix('s') if kind else 'a token that nobody has noted'} {secret[:6]}…"


def _place(base: Path, path: Path, data: bytes, hit: Hit) -> str:
    """Return the test or the file, and the text before the hit."""
    start = data.rfind(HEADER, 0, hit.offset)
    whose = str(path.relative_to(base)) if start < 0 else data[start + len(HEADER) :].partition(b"\n")[0].decode()
    before = data[max(0, hit.offset - _SHOWN) : hit.offset].replace(hit.secret.encode(), b"[the secret]")
    return f"{whose.strip()}: {before.decode('ascii', 'backslashreplace')!r}"
