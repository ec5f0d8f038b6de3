"""The settings of one process, read from the environment once and checked when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from entrypoints.settings import checks
from entrypoints.settings.errors import SettingsError
from entrypoints.settings.table import NAMES, SETTINGS, unknown_names
from entrypoints.settings.values import Address, Rate, ServerKey

__all__ = ["Description", "Settings", "SettingsError"]


class Description(NamedTuple):
    """One setting, for people to read; secrets are redacted."""

    name: str
    value: str
    source: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The value of each setting in the table. `redis_url` and `secret_keys` are None if they are not set: `quotes serve`
    then starts a server and makes a key. `explicit` names the variables that are set.
    """

    env: str
    bind: Address
    workers: int
    data_dir: Path
    redis_url: str | None = field(repr=False)
    redis_ca: Path | None
    redis_cert: Path | None
    redis_key: Path | None
    database_url: str = field(repr=False)
    secret_keys: tuple[ServerKey, ...] | None
    ttl: timedelta
    max_age: timedelta
    max_details: int
    access_token_ttl: timedelta
    repair_delay: timedelta
    dead_letter_retention: timedelta
    rate_limits: bool
    rate_start: Rate
    rate_credentials: Rate
    rate_save: Rate
    rate_read: Rate
    trusted_proxies: int
    cors_origins: tuple[str, ...]
    explicit: frozenset[str] = frozenset()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """
        Read and check every setting.

        Raises: SettingsError
        """
        values = {setting.field: setting.value(environ) for setting in SETTINGS}
        settings = cls(**values, explicit=NAMES.intersection(environ))
        settings._check()
        return settings

    @staticmethod
    def unknown(environ: Mapping[str, str]) -> list[str]:
        """Return the names that begin like a setting but are none. They are ignored, and probably misspelt."""
        return unknown_names(environ)

    @property
    def uses_data_dir(self) -> bool:
        """Tell whether the service keeps data in the data folder."""
        return self.redis_url is None or self.secret_keys is None or "QUOTES_DATABASE_URL" not in self.explicit

    def require_servers(self) -> tuple[str, tuple[ServerKey, ...]]:
        """
        Return the Redis URL and the keyring, for a process other than `quotes serve`: it cannot make them itself.

        Raises: SettingsError
        """
        if self.redis_url is None:
            raise _missing("QUOTES_REDIS_URL")
        if self.secret_keys is None:
            raise _missing("QUOTES_SECRET_KEYS")
        return self.redis_url, self.secret_keys

    def describe(self) -> list[Description]:
        """Return a description of every setting, in the order of the documentation."""
        return [
            Description(
                name=setting.name,
                value=setting.shown(getattr(self, setting.field)),
                source="set" if setting.name in self.explicit else "default",
                meaning=setting.meaning,
            )
            for setting in SETTINGS
        ]

    def _check(self) -> None:
        checks.check_ages(self.ttl, self.max_age)
        checks.check_tls_files(self.redis_url, self.redis_ca, self.redis_cert, self.redis_key)
        if self.env == "production":
            checks.check_production(self.redis_url, self.explicit, rate_limits=self.rate_limits)


def _missing(name: str) -> SettingsError:
    return SettingsError(f"Set {name}, or start the service with `quotes serve`, which needs none; {name} is missing")
