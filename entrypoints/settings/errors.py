"""The error of a setting that cannot be used."""

from __future__ import annotations


class SettingsError(Exception):
    """A bad or missing setting. The message is one line, names the variable and holds no secret."""
