"""The expected answer of each call with each variant of the secrets, read from the table."""

from __future__ import annotations

from dataclasses import dataclass

from tests.e2e.access.support.table import CALLS, CODES, EXCEPTIONS, SECRETS


@dataclass(frozen=True, slots=True)
class Cell:
    """A call with a variant of the secrets, and its expected answer; `code` is empty for a success."""

    call: str
    variant: str
    status: int
    code: str


def _rows(table: str) -> list[list[str]]:
    lines = filter(None, map(str.strip, table.splitlines()))
    return [[" ".join(field.split()) for field in line.split("|")] for line in lines]


KINDS = {call: kind for call, kind, _ in _rows(CALLS)}
_SUCCESSES = {call: int(status) for call, _, status in _rows(CALLS)}
_HEADER, *_BODY = _rows(SECRETS)
EXPECTED = {row[0]: dict(zip(_HEADER[1:], row[1:], strict=True)) for row in _BODY}
_EXCEPTED = {(call, variant): word for call, variant, word in _rows(EXCEPTIONS)}


def row(call: str) -> list[Cell]:
    """Return the cells of one call; KeyError for a call that the table lacks."""
    return [_cell(call, variant, word) for variant in EXPECTED if (word := _word(call, variant)) != "-"]


def _word(call: str, variant: str) -> str:
    usual = EXPECTED[variant]
    if (kind := KINDS[call]) == "public":
        return "-" if usual["customer"] == "-" else "ok"
    return _EXCEPTED.get((call, variant), usual[kind])


def _cell(call: str, variant: str, word: str) -> Cell:
    return Cell(call, variant, *((_SUCCESSES[call], "") if word == "ok" else CODES[word]))
