"""Every setting, declared once: reading, `quotes config` and docs/settings.md come from this table."""

from __future__ import annotations

from collections.abc import Iterable

from entrypoints.settings.rule_table import RULE_SETTINGS
from entrypoints.settings.server_table import SERVER_SETTINGS
from entrypoints.settings.setting import PREFIX, Setting

SETTINGS: tuple[Setting, ...] = (*SERVER_SETTINGS, *RULE_SETTINGS)
NAMES = frozenset(setting.name for setting in SETTINGS)


def unknown_names(names: Iterable[str]) -> list[str]:
    """Return the names that begin like a setting's and are not in the table: probably typing errors."""
    return sorted(name for name in names if name.startswith(PREFIX) and name not in NAMES)
