"""
Checks the settings that depend on each other.

Each message first gives the correction, then the error.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import timedelta
from pathlib import Path

from entrypoints.settings.errors import SettingsError
from entrypoints.settings.redis_urls import belong_together, has_password, uses_tls
from entrypoints.settings.texts import duration_text

_NEEDED = {
    "QUOTES_REDIS_URL": "Set QUOTES_REDIS_URL to the URL of a Redis server, with its password",
    "QUOTES_SECRET_KEYS": "Set QUOTES_SECRET_KEYS to `a:` and the output of `openssl rand -base64 32`, and keep it",
    "QUOTES_DATABASE_URL": "Set QUOTES_DATABASE_URL to the URL of the database, also for SQLite",
    "QUOTES_TRUSTED_PROXIES": (
        "Set QUOTES_TRUSTED_PROXIES to the number of proxies in front, 0 if there are none, "
        "or QUOTES_RATE_LIMITS to off"
    ),
}


def check_ages(ttl: timedelta, max_age: timedelta) -> None:
    """
    Return if a quote can live for its whole TTL.

    Raises: SettingsError
    """
    if ttl > max_age:
        lengths = f"{duration_text(ttl)} is longer than {duration_text(max_age)}"
        raise SettingsError(f"Set QUOTES_TTL to at most QUOTES_MAX_AGE; {lengths}")


def check_tls_files(redis_url: str | None, ca: Path | None, cert: Path | None, key: Path | None) -> None:
    """
    Return if these files can be used for the connection to Redis.

    Raises: SettingsError
    """
    files = {"QUOTES_REDIS_CA": ca, "QUOTES_REDIS_CERT": cert, "QUOTES_REDIS_KEY": key}
    given = [name for name, file in files.items() if file]
    if given and not (redis_url and uses_tls(redis_url)):
        raise SettingsError(
            f"Set QUOTES_REDIS_URL to a URL that begins with rediss, or remove {given[0]}, which is only for TLS"
        )
    if (cert is None) != (key is None):
        missing = "QUOTES_REDIS_CERT" if cert is None else "QUOTES_REDIS_KEY"
        raise SettingsError(f"Set QUOTES_REDIS_CERT and QUOTES_REDIS_KEY together; {missing} is missing")
    if cert and key and not belong_together(cert, key):
        raise SettingsError(
            "Set QUOTES_REDIS_KEY to the key of QUOTES_REDIS_CERT, without a passphrase; this key does not fit"
        )


def check_production(redis_url: str | None, explicit: AbstractSet[str], *, rate_limits: bool) -> None:
    """
    Return if production has all that it needs. `explicit` names the variables that are set.

    Raises: SettingsError
    """
    for name, remedy in _NEEDED.items():
        if name not in explicit and (rate_limits or name != "QUOTES_TRUSTED_PROXIES"):
            raise SettingsError(f"{remedy}, since QUOTES_ENV=production needs it; {name} is missing")
    if not (redis_url and has_password(redis_url)):
        raise SettingsError(
            "Add the password to QUOTES_REDIS_URL, as in rediss://:password@host:6379/0, "
            "since QUOTES_ENV=production needs it; QUOTES_REDIS_URL has no password"
        )
