"""The table of settings: one row for each field of Settings, and the page made from it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from adapters.sql import url as database_url
from adapters.sql.url import Kind
from entrypoints.settings.page import settings_page
from entrypoints.settings.setting import Setting, Unset
from entrypoints.settings.settings import Settings, SettingsError
from entrypoints.settings.table import NAMES, SETTINGS

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
BAD_VALUES = {
    "QUOTES_ENV": "staging",
    "QUOTES_BIND": "8000",
    "QUOTES_WORKERS": "0",
    "QUOTES_DATA_DIR": "what?",
    "QUOTES_REDIS_URL": "redis://:hunter2@host/zero",
    "QUOTES_REDIS_CA": "missing.pem",
    "QUOTES_REDIS_CERT": "missing.pem",
    "QUOTES_REDIS_KEY": "missing.pem",
    "QUOTES_DATABASE_URL": "postgresql://me:hunter2@host",
    "QUOTES_SECRET_KEYS": "k1:hunter2",
    "QUOTES_TTL": "2x",
    "QUOTES_MAX_AGE": "1 d",
    "QUOTES_MAX_DETAILS": "2MiB",
    "QUOTES_ACCESS_TOKEN_TTL": "never",
    "QUOTES_REPAIR_DELAY": "0s",
    "QUOTES_DEAD_LETTER_RETENTION": "3651d",
    "QUOTES_RATE_LIMITS": "yes",
    "QUOTES_RATE_START": "30/h",
    "QUOTES_RATE_CREDENTIALS": "0/minute",
    "QUOTES_RATE_SAVE": "many",
    "QUOTES_RATE_READ": "300",
    "QUOTES_TRUSTED_PROXIES": "9",
    "QUOTES_CORS_ORIGINS": "*",
}
SECRETS = {"QUOTES_REDIS_URL", "QUOTES_DATABASE_URL", "QUOTES_SECRET_KEYS"}

of_each_setting = pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)


def test_each_field_has_one_row_and_each_row_a_field() -> None:
    assert [setting.field for setting in SETTINGS] + ["explicit"] == [field.name for field in fields(Settings)]
    assert len(NAMES) == len(SETTINGS)


@of_each_setting
def test_a_reader_returns_the_type_of_the_field(setting: Setting) -> None:
    read = get_type_hints(setting.read)["return"]
    field = get_type_hints(Settings)[setting.field]

    assert read == field or set(get_args(field)) == {read, type(None)}
    if isinstance(setting.default, Unset):
        assert setting.default.value is None if type(None) in get_args(field) else setting.default.value == ()


@of_each_setting
def test_a_bad_value_is_refused_in_a_sentence_that_begins_with_the_name(setting: Setting) -> None:
    bad = BAD_VALUES[setting.name]
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({setting.name: bad})

    message = str(refused.value)
    assert message.startswith(f"{setting.name} must ")
    assert "\n" not in message
    assert "hunter2" not in message
    assert (bad in message) is (setting.name not in SECRETS)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"QUOTES_TTL": "2x"},
            "QUOTES_TTL must be a duration such as 24h (a number and ms, s, m, h or d; at most 3650d), not '2x'",
        ),
        (
            {"QUOTES_MAX_DETAILS": "64KB"},
            "QUOTES_MAX_DETAILS must be a size such as 64KiB (a number of bytes, KiB or MiB; at most 1MiB), not '64KB'",
        ),
        ({"QUOTES_WORKERS": "65"}, "QUOTES_WORKERS must be a whole number from 1 to 64, not '65'"),
        (
            {"QUOTES_SECRET_KEYS": "k1:hunter2"},
            "QUOTES_SECRET_KEYS must be keyid:base64, or several, separated by commas "
            "(an id of 1 to 16 of a-z and 0-9, a colon, and 32 bytes in base64, as `openssl rand -base64 32` prints); "
            "key 1 is malformed",
        ),
        (
            {"QUOTES_DATABASE_URL": "mysql://me:hunter2@host/quotes?read_timeout=99"},
            "QUOTES_DATABASE_URL must be the URL of a database. Use the options unix_socket, ssl_ca, ssl_cert, ssl_key "
            "alone, each once and with a value; the given URL differs",
        ),
        (
            {"QUOTES_REDIS_CA": "missing.pem"},
            "QUOTES_REDIS_CA must be a PEM file with certificates; 'missing.pem' cannot be read "
            "(No such file or directory)",
        ),
        (
            {"QUOTES_ENV": "production"},
            "Set QUOTES_REDIS_URL to the URL of a Redis server, with its password, since QUOTES_ENV=production "
            "needs it; QUOTES_REDIS_URL is missing",
        ),
    ],
)
def test_a_sentence_first_says_how_to_fix_it(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=f"^{re.escape(message)}$"):
        Settings.from_environ(environ)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/a@b/quotes.db", "sqlite:////srv/a@b/quotes.db"),
        ("postgresql://me:hunter2@a,b:1/q?sslrootcert=/a@b", "postgresql://***@a,b:1/q?sslrootcert=/a@b"),
        ("mysql://me@/q?unix_socket=/run/s", "mysql://***@/q?unix_socket=/run/s"),
    ],
)
def test_a_database_url_is_shown_without_user_and_password_alone(url: str, shown: str) -> None:
    rows = {row.name: row.value for row in Settings.from_environ({"QUOTES_DATABASE_URL": url}).describe()}
    assert rows["QUOTES_DATABASE_URL"] == shown


@of_each_setting
def test_a_default_is_shown_as_the_page_has_it(setting: Setting) -> None:
    rows = {row.name: row for row in Settings.from_environ({}).describe()}

    assert rows[setting.name].source == "default"
    if setting.name != "QUOTES_WORKERS":
        assert rows[setting.name].value == setting.documented_default.strip("`")


def test_the_page_is_the_table() -> None:
    rewrite = "rewrite it with: python -m entrypoints.settings.page > docs/settings.md"
    assert PAGE.read_text("utf-8") == settings_page(), rewrite


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_the_page_has_each_option_of_a_database_url(kind: Kind) -> None:
    assert all(f"`{option}`" in settings_page() for option in database_url._OPTION_NAMES[kind])


@of_each_setting
def test_the_page_has_a_row_of_four_cells_for_each_setting(setting: Setting) -> None:
    [row] = [line for line in settings_page().splitlines() if line.startswith(f"| `{setting.name}` |")]
    assert row.count("|") == 5
