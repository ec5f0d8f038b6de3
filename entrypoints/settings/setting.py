"""One setting: its name, the reader and the writer of its value, and its texts in the documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from entrypoints.settings.errors import SettingsError

PREFIX = "QUOTES_"


@dataclass(frozen=True, slots=True)
class Unset:
    """The value of a setting that has no default, and the text that shows it."""

    value: object
    shown: str


@dataclass(frozen=True, slots=True)
class Computed:
    """A default that depends on the machine or on other settings, and its text in the documentation."""

    text: Callable[[Mapping[str, str]], str]
    documented: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """
    One row of the table. `read` parses a text, and raises a ValueError; its message continues a sentence that begins
    with the name. `show` turns a value into text, without its secrets. A default is a text that `read` parses.

    `allowed` and `note` are Markdown, only for the documentation.
    """

    name: str
    read: Callable[[str], Any]
    default: str | Computed | Unset
    meaning: str
    allowed: str
    note: str = ""
    show: Callable[[Any], str] = str

    @property
    def field(self) -> str:
        """Return the name of the field of `Settings` that holds the value."""
        return self.name.removeprefix(PREFIX).lower()

    @property
    def documented_default(self) -> str:
        match self.default:
            case Computed():
                return self.default.documented
            case Unset():
                return self.default.shown
            case text:
                return f"`{text}`"

    def value(self, environ: Mapping[str, str]) -> Any:
        """
        Return the value that is set, or the default.

        Raises: SettingsError
        """
        text = environ.get(self.name)
        if text is None:
            return self._default(environ)
        if not text.strip():
            raise SettingsError(f"Set {self.name} to a value, or remove it; {self.name} is empty")
        return self._read(text)

    def shown(self, value: object) -> str:
        """Return the text of a value, without secrets."""
        if isinstance(self.default, Unset) and value == self.default.value:
            return self.default.shown
        return self.show(value)

    def _default(self, environ: Mapping[str, str]) -> Any:
        match self.default:
            case Computed():
                return self._read(self.default.text(environ))
            case Unset():
                return self.default.value
            case text:
                return self._read(text)

    def _read(self, text: str) -> Any:
        try:
            return self.read(text)
        except ValueError as error:
            raise SettingsError(f"{self.name} {error}") from None
