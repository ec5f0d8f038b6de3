"""The figures as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_NOTES = (
    "CPU is microseconds of processor time a request; app is the sum of all processes of the web server.",
    "The load, the servers and everything else share the cores. So requests a second and latencies hold for this",
    "machine and hour alone; CPU times are more stable. PostgreSQL runs without fsync. 'unhashed' is the same service",
    "without hashing of passwords, as the peer.",
)
_OURS = {"start": "start", "save": "save", "get": "get", "merge": "merge"} | {
    "claim": "claim, argon2 in it",
    "claim, unhashed": "claim, unhashed",
}
_PAIRS = {"start": "start", "save": "save", "get": "get", "claim, unhashed": "claim"}

Row = list[str]


def text(report: dict[str, Any]) -> str:
    """Return the tables, with notes on their figures."""
    return "\n".join([*_head(report), "", *_ours(report), "", *_beside(report), "", *_memory(report), *_NOTES])


def _head(report: dict[str, Any]) -> Iterator[str]:
    machine, options = report["machine"], report["options"]
    yield f"{machine['cores']} cores ({machine['processor']}), load {machine['busy']:.1f} at the start"
    yield f"Python {machine['python']}, {machine['store']}, {machine['database']}, passwords by argon2id"
    yield (
        f"{options['workers']} worker(s), 16 connections; medians of {options['rounds']} round(s)"
        f" of {options['seconds']:g} s an operation"
    )


def _ours(report: dict[str, Any]) -> list[str]:
    rows = [["", "app CPU", "Redis CPU", "SQL CPU", "req/s", "p50 ms", "p99 ms", "Redis trips", "SQL trips"]]
    for name, label in _OURS.items():
        figures, turns = report["operations"][name], report["turns"][name.partition(",")[0]]
        costs = [f"{figures[account]:.0f}" for account in ("app_us", "redis_us", "sql_us")]
        speeds = [f"{figures['per_second']:.0f}", f"{figures['p50_ms']:.1f}", f"{figures['p99_ms']:.1f}"]
        rows.append([label, *costs, *speeds, f"{turns['redis']:g}", f"{turns['sql']:g}"])
    return _aligned(rows)


def _beside(report: dict[str, Any]) -> list[str]:
    if report["peer"] != "measured":
        return [f"The peer was not measured: {report['peer']}."]
    machine = report["machine"]["peer"]
    rows = [[f"beside NestJS {machine['@nestjs/core']}, node {machine['node']}"]]
    rows[0] += ["app CPU", "peer's", "ratio", "req/s", "peer's", "Redis CPU", "peer's"]
    for ours, theirs in _PAIRS.items():
        one, other = report["operations"][ours], report["operations"][f"peer {theirs}"]
        row = [ours, f"{one['app_us']:.0f}", f"{other['app_us']:.0f}", f"{one['app_us'] / other['app_us']:.2f}"]
        row += [f"{one['per_second']:.0f}", f"{other['per_second']:.0f}"]
        rows.append([*row, f"{one['redis_us']:.0f}", f"{other['redis_us']:.0f}"])
    return _aligned(rows)


def _memory(report: dict[str, Any]) -> list[str]:
    if "memory" not in report:
        return []
    figures = report["memory"]
    return [
        f"A quote in Redis takes {figures['ours']:.0f} bytes, the peer's {figures['peer']:.0f}: "
        f"{figures['ratio']:.2f} of it ({figures['quotes']:,} quotes of {figures['payload']:.0f} bytes of JSON).",
        "",
    ]


def _aligned(rows: list[Row]) -> list[str]:
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [
        "  ".join([name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, others, strict=True))])
        for name, *cells in rows
    ]
