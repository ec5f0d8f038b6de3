"""Forms that several parts share: the normal form of a password, and the form of a timestamp."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters import argon2
from adapters.argon2 import Argon2PasswordHasher
from domain.model import timestamp
from domain.passwords import normal_form
from entrypoints.http.schemas import passwords

ROOT = Path(__file__).parents[2]
COMPOSED, DECOMPOSED = "caf\u00e9 au lait", "cafe\u0301 au lait"


def product_files_with(call: str) -> set[str]:
    """Return the product's files that call a method of this name."""
    files = [path for folder in ("domain", "adapters", "entrypoints") for path in (ROOT / folder).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix() for path in files if call in _called(path)}


def _called(path: Path) -> set[str]:
    calls = (node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    return {call.attr for call in calls if isinstance(call, ast.Attribute)}


class TestNormalForm:
    def test_two_ways_to_type_a_character_are_the_same(self) -> None:
        assert normal_form(DECOMPOSED) == normal_form(COMPOSED) == COMPOSED

    def test_the_hasher_uses_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hasher = Argon2PasswordHasher(lambda work: work(), slots=1, memory_cost=8, time_cost=1)
        assert hasher.verify(hasher.hash(COMPOSED), DECOMPOSED)

        monkeypatch.setattr(argon2, "normal_form", lambda _: "always this")
        assert hasher.verify(hasher.hash(COMPOSED), "another password")

    def test_the_rules_for_passwords_use_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(passwords, "normal_form", lambda _: "short")
        with pytest.raises(passwords.PasswordRefused, match="at least 8 characters"):
            passwords.check_password(COMPOSED)

    def test_no_other_part_normalizes_passwords(self) -> None:
        assert product_files_with("normalize") == {"domain/passwords.py", "entrypoints/http/schemas/emails.py"}


class TestTimestamp:
    @pytest.mark.parametrize(
        ("moment", "text"),
        [
            (datetime(2026, 11, 23, 6, 9, 8, 689_999, tzinfo=UTC), "2026-11-23T06:09:08.689Z"),
            (datetime(2026, 11, 23, tzinfo=UTC), "2026-11-23T00:00:00.000Z"),
            (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=1), "1970-01-01T00:00:00.001Z"),
        ],
    )
    def test_it_is_in_utc_with_milliseconds(self, moment: datetime, text: str) -> None:
        assert timestamp(moment) == text

    def test_no_other_part_writes_times(self) -> None:
        assert product_files_with("isoformat") == {"domain/model.py"}
