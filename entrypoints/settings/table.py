"""The table of all settings. Reading, `quotes config` and docs/settings.md use it."""

from __future__ import annotations

from collections.abc import Iterable

from entrypoints.settings.rule_table import RULE_SETTINGS
from entrypoints.settings.server_table import SERVER_SETTINGS
from entrypoints.settings.setting import PREFIX, Setting

SETTINGS: tuple[Setting, ...] = (*SERVER_SETTINGS, *RULE_SETTINGS)
NAMES = frozenset(setting.name for setting in SETTINGS)


def unknown_names(names: Iterable[str]) -> list[str]:
    """Return the names that begin like a setting but are not in the table. They are probably misspelt."""
    return sorted(name for name in names if name.startswith(PREFIX) and name not in NAMES)
