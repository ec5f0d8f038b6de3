"""Settings: read from the environment once, checked at boot, wrong in one line."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

from entrypoints.settings import database_urls, redis_urls, values
from entrypoints.settings.origins import origins
from entrypoints.settings.values import Address, Rate, ServerKey

Value = TypeVar("Value")

PREFIX = "QUOTES_"
MOST_DETAILS = 1024 * 1024
MEANINGS = {
    "QUOTES_ENV": "development, or production, which refuses embedded servers and makeshift secrets",
    "QUOTES_BIND": "address to listen on",
    "QUOTES_WORKERS": "worker processes",
    "QUOTES_DATA_DIR": "folder of the embedded server, its keys and the default database",
    "QUOTES_REDIS_URL": "Redis or Valkey for the temporary quotes: one server, Sentinel or Cluster",
    "QUOTES_REDIS_CA": "PEM file of the authorities that sign its certificates",
    "QUOTES_REDIS_CERT": "PEM file of the certificate that it asks for",
    "QUOTES_REDIS_KEY": "PEM file of that certificate's key",
    "QUOTES_DATABASE_URL": "database for accounts and claimed quotes",
    "QUOTES_SECRET_KEYS": "keyring; the first key is used for new quotes, the others are still read",
    "QUOTES_TTL": "life of a temporary quote after its last save",
    "QUOTES_MAX_AGE": "absolute end of a temporary quote after its start",
    "QUOTES_MAX_DETAILS": "largest details",
    "QUOTES_ACCESS_TOKEN_TTL": "life of an access token",
    "QUOTES_REPAIR_DELAY": "how long a claim may clean up after itself, and the first pause between two repairs of it",
    "QUOTES_DEAD_LETTER_RETENTION": "how long a draft that could not be made a quote is kept for a person to repair",
    "QUOTES_RATE_LIMITS": "on, or off where a gateway does it",
    "QUOTES_RATE_START": "requests of one client address to start a quote",
    "QUOTES_RATE_CREDENTIALS": "requests with a password, from one client address and for one e-mail",
    "QUOTES_RATE_SAVE": "requests of one client address that change something",
    "QUOTES_RATE_READ": "requests of one client address that read",
    "QUOTES_TRUSTED_PROXIES": "how many proxies stand before the service",
    "QUOTES_CORS_ORIGINS": "origins of the web pages that may call the service from a browser",
}


_WITHOUT = {
    "QUOTES_REDIS_CA": "(the system's)",
    "QUOTES_REDIS_CERT": "(none)",
    "QUOTES_REDIS_KEY": "(none)",
    "QUOTES_CORS_ORIGINS": "(none)",
}
"""What is shown of a setting that was not given; the others are embedded then."""


class SettingsError(Exception):
    """A setting is bad or missing. The message is one line, names the variable and holds no secret."""


class Description(NamedTuple):
    """One setting for people to read; secrets are redacted."""

    name: str
    value: str
    source: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What the service was told. None stands for "bring your own": `quotes serve` starts a server for a missing
    `redis_url` and makes a key for missing `secret_keys`. `explicit` names the variables that were set.
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
        Read and check everything.

        Raises: SettingsError
        """
        source = _Source(environ)
        data_dir = source.read("QUOTES_DATA_DIR", values.folder, "var")
        settings = cls(
            env=source.read("QUOTES_ENV", _env, "development"),
            bind=source.read("QUOTES_BIND", values.address, "127.0.0.1:8000"),
            workers=source.read("QUOTES_WORKERS", _workers, str(max(1, min(os.cpu_count() or 1, 4)))),
            data_dir=data_dir,
            redis_url=source.read_if_set("QUOTES_REDIS_URL", redis_urls.redis_url),
            redis_ca=source.read_if_set("QUOTES_REDIS_CA", redis_urls.certificates),
            redis_cert=source.read_if_set("QUOTES_REDIS_CERT", redis_urls.certificates),
            redis_key=source.read_if_set("QUOTES_REDIS_KEY", redis_urls.private_key),
            database_url=source.read(
                "QUOTES_DATABASE_URL", database_urls.database_url, f"sqlite:///{data_dir}/quotes.db"
            ),
            secret_keys=source.read_if_set("QUOTES_SECRET_KEYS", values.keyring),
            ttl=source.read("QUOTES_TTL", values.duration, "24h"),
            max_age=source.read("QUOTES_MAX_AGE", values.duration, "30d"),
            max_details=source.read("QUOTES_MAX_DETAILS", _details, "64KiB"),
            access_token_ttl=source.read("QUOTES_ACCESS_TOKEN_TTL", values.duration, "30d"),
            repair_delay=source.read("QUOTES_REPAIR_DELAY", values.duration, "30s"),
            dead_letter_retention=source.read("QUOTES_DEAD_LETTER_RETENTION", values.duration, "90d"),
            rate_limits=source.read("QUOTES_RATE_LIMITS", _on_or_off, "on"),
            rate_start=source.read("QUOTES_RATE_START", values.rate, "30/hour"),
            rate_credentials=source.read("QUOTES_RATE_CREDENTIALS", values.rate, "5/minute"),
            rate_save=source.read("QUOTES_RATE_SAVE", values.rate, "120/minute"),
            rate_read=source.read("QUOTES_RATE_READ", values.rate, "300/minute"),
            trusted_proxies=source.read("QUOTES_TRUSTED_PROXIES", _proxies, "0"),
            cors_origins=source.read_if_set("QUOTES_CORS_ORIGINS", origins) or (),
            explicit=frozenset(MEANINGS.keys() & environ.keys()),
        )
        settings._check()
        return settings

    @staticmethod
    def unknown(environ: Mapping[str, str]) -> list[str]:
        """Names that look like settings and are none: they are ignored, and probably typing errors."""
        return sorted(name for name in environ if name.startswith(PREFIX) and name not in MEANINGS)

    @property
    def uses_data_dir(self) -> bool:
        """Whether anything is kept in the data folder."""
        return self.redis_url is None or self.secret_keys is None or "QUOTES_DATABASE_URL" not in self.explicit

    def require_servers(self) -> tuple[str, tuple[ServerKey, ...]]:
        """
        The Redis URL and the keyring, for those who cannot embed them: only `quotes serve` can.

        Raises: SettingsError
        """
        missing = "is missing; set it, or start with `quotes serve`, which brings its own"
        if self.redis_url is None:
            raise SettingsError(f"QUOTES_REDIS_URL {missing}")
        if self.secret_keys is None:
            raise SettingsError(f"QUOTES_SECRET_KEYS {missing}")
        return self.redis_url, self.secret_keys

    def describe(self) -> list[Description]:
        """Every setting, in the order of the documentation."""
        return [
            Description(name, self._shown(name), "set" if name in self.explicit else "default", meaning)
            for name, meaning in MEANINGS.items()
        ]

    def _shown(self, name: str) -> str:
        match name, getattr(self, name.removeprefix(PREFIX).lower()):
            case _, None | ():
                return _WITHOUT.get(name, "(embedded)")
            case "QUOTES_CORS_ORIGINS", allowed:
                return ",".join(allowed)
            case "QUOTES_REDIS_URL" | "QUOTES_DATABASE_URL", url:
                return values.without_password(url)
            case "QUOTES_SECRET_KEYS", keys:
                return ",".join(f"{key.key_id}:***" for key in keys)
            case "QUOTES_MAX_DETAILS", length:
                return values.size_text(length)
            case _, bool() as is_on:
                return "on" if is_on else "off"
            case _, timedelta() as length:
                return values.duration_text(length)
            case _, value:
                return str(value)

    def _check(self) -> None:
        if self.ttl > self.max_age:
            raise SettingsError("QUOTES_TTL is longer than QUOTES_MAX_AGE; allowed is at most QUOTES_MAX_AGE")
        self._check_tls()
        if self.env == "production":
            self._check_production()

    def _check_tls(self) -> None:
        named = [name for name in ("QUOTES_REDIS_CA", "QUOTES_REDIS_CERT", "QUOTES_REDIS_KEY") if name in self.explicit]
        if named and not (self.redis_url and redis_urls.uses_tls(self.redis_url)):
            raise SettingsError(f"{named[0]} is for TLS; allowed is a QUOTES_REDIS_URL that begins with rediss")
        if (self.redis_cert is None) != (self.redis_key is None):
            raise SettingsError(f"{named[-1]} is alone; allowed are QUOTES_REDIS_CERT and QUOTES_REDIS_KEY together")
        if self.redis_cert and self.redis_key and not redis_urls.belong_together(self.redis_cert, self.redis_key):
            raise SettingsError(
                "QUOTES_REDIS_KEY does not fit QUOTES_REDIS_CERT; allowed is its key, without a passphrase"
            )

    def _check_production(self) -> None:
        if self.redis_url is None:
            raise SettingsError("QUOTES_REDIS_URL is missing; production wants a Redis of its own, with a password")
        if not redis_urls.has_password(self.redis_url):
            raise SettingsError("QUOTES_REDIS_URL has no password; production wants scheme://:password@…")
        if self.secret_keys is None:
            raise SettingsError(
                "QUOTES_SECRET_KEYS is missing; production wants keyid:base64(32 bytes), comma separated"
            )
        if "QUOTES_DATABASE_URL" not in self.explicit:
            raise SettingsError("QUOTES_DATABASE_URL is missing; production wants it set, SQLite included")
        if self.rate_limits and "QUOTES_TRUSTED_PROXIES" not in self.explicit:
            raise SettingsError(
                "QUOTES_TRUSTED_PROXIES is missing; production with QUOTES_RATE_LIMITS on wants it set, 0 included"
            )


class _Source:
    """Reads single variables and puts their names before whatever is wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def read(self, name: str, read: Callable[[str], Value], default: str) -> Value:
        value = self.read_if_set(name, read)
        return read(default) if value is None else value

    def read_if_set(self, name: str, read: Callable[[str], Value]) -> Value | None:
        text = self._environ.get(name)
        if text is None:
            return None
        if not text.strip():
            raise SettingsError(f"{name} is empty; allowed is a value, or not to set it")
        try:
            return read(text)
        except ValueError as error:
            raise SettingsError(f"{name} {error}") from None


def _env(text: str) -> str:
    return values.choice(text, ("development", "production"))


def _on_or_off(text: str) -> bool:
    return values.choice(text, ("on", "off")) == "on"


def _workers(text: str) -> int:
    return values.whole(text, 1, 64)


def _proxies(text: str) -> int:
    return values.whole(text, 0, 8)


def _details(text: str) -> int:
    return values.size(text, MOST_DETAILS)
