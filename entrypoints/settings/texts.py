"""Writes the values of settings in their shortest form, without secrets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from entrypoints.settings.values import SIZE_UNITS, TIME_UNITS, ServerKey


def duration_text(length: timedelta) -> str:
    unit = next(unit for unit, value in TIME_UNITS.items() if not length % value and (unit != "d" or length > value))
    return f"{length // TIME_UNITS[unit]}{unit}"


def size_text(length: int) -> str:
    unit = next((unit for unit, value in SIZE_UNITS.items() if not length % value), "")
    return f"{length // SIZE_UNITS.get(unit, 1)}{unit}"


def on_or_off_text(is_on: bool) -> str:
    return "on" if is_on else "off"


def comma_separated(texts: Iterable[str]) -> str:
    return ",".join(texts)


def key_ids(keys: Iterable[ServerKey]) -> str:
    """Return the ids of the keys, with `***` in place of each secret."""
    return ",".join(f"{key.key_id}:***" for key in keys)


def without_password(url: str) -> str:
    """Return the URL with `***` in place of the user and the password."""
    scheme, _, rest = url.partition("://")
    authority, slash, place = rest.partition("/")
    userinfo, _, hosts = authority.rpartition("@")
    return f"{scheme}://***@{hosts}{slash}{place}" if userinfo else url
