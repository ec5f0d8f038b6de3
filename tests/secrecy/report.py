"""The report of a search, in one process or in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.secrecy.ledger import Kind

_SHOWN = 20


@dataclass
class Report:
    """
    The findings. `leaks` has a line for each secret in each place.

    `planted` is the number of secrets that tests planted, and `missed` names the planted secrets that were not found.
    """

    secrets: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    planted: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        return bool(self.leaks or self.missed)

    def add(self, other: Report) -> None:
        self.secrets += other.secrets
        self.figures += other.figures
        self.leaks += other.leaks
        self.planted += other.planted
        self.missed += other.missed

    def as_dict(self) -> dict[str, Any]:
        """Return the report in a form that one process can send to another."""
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}

    @classmethod
    def from_dict(cls, words: dict[str, Any]) -> Report:
        counters = {name: Counter(words[name]) for name in ("secrets", "figures")}
        return cls(**{**words, **counters})

    def lines(self) -> Iterator[str]:
        kinds = ", ".join(f"{self.secrets[kind]:,} {kind}" for kind in Kind)
        yield f"{self.secrets.total():,} secrets: {kinds}"
        yield f"logs: {self._told('lines', 'lines of outputs', 'outputs and other files')}"
        stores = self._told("stores", "stores that had ended", "keys", "commands", "append-only files", "writes")
        yield f"Redis, each key with its value, each command in a slow log: {stores}"
        databases = self._told("databases", "databases that could not be asked", "tables", "rows")
        yield f"SQL: {databases}, {self._told('statements', 'SQLite files')}"
        yield f"{self.figures['bytes'] / 1e6:,.0f} MB in {self.figures['ms'] / 1000:.1f} s of processor time"
        if self.planted:
            yield f"planted by tests: {self.planted}, of which {self.planted - len(self.missed)} were found"
        yield from (f"NOT FOUND: {missed}" for missed in self.missed)
        yield from (f"FOUND: {leak}" for leak in self.leaks[:_SHOWN])
        yield f"{len(self.leaks)} leaks" if self.leaks else "none found"

    def _told(self, *names: str) -> str:
        return ", ".join(f"{self.figures[name]:,} {name}" for name in names if self.figures[name]) or "nothing"
