"""Writes docs/settings.md from the table: `python -m entrypoints.settings.page > docs/settings.md`."""

from __future__ import annotations

import sys

from entrypoints.settings.setting import Setting
from entrypoints.settings.table import SETTINGS

_INTRODUCTION = """\
# Settings

For operators. Each process reads its settings from environment variables once, when it starts. This page lists every
setting with its default and its allowed values. [production.md](production.md) explains the settings that production
needs.

- `quotes config` shows every setting with its value, its source (`set` or `default`) and its meaning. `--json` prints
  the same for machines. Passwords and keys are redacted.
- A process does not start with a bad value. It prints one line that says how to fix it, such as
  `QUOTES_TTL must be a duration such as 24h …`, and ends with exit status 2.
- An empty value is refused. Remove the variable to get the default.
- Any other variable that begins with `QUOTES_` is ignored, and reported: it is probably misspelt.
- *(embedded)* in the table: without `QUOTES_REDIS_URL`, `quotes serve` starts a server; without `QUOTES_SECRET_KEYS`,
  it makes a key. Every other process needs both settings. Commands also find both in the `QUOTES_DATA_DIR` of a
  running `quotes serve`.

## The table
"""

_CONCLUSION = """\
## Values

- A **duration** is a whole number above 0 and `ms`, `s`, `m`, `h` or `d`: `500ms`, `15m`, `24h`, `30d`. The longest is
  `3650d`.
- A **size** is a number of bytes, `KiB` or `MiB`: `65536`, `64KiB`, `1MiB`.
- A **rate** is a whole number above 0 and `second`, `minute`, `hour` or `day`: `30/hour`.

## Options in a database URL

The URL of a database server may have these options after a `?`. Other options are refused, because they could change
the service's timeouts:

- `postgresql://`: `sslmode`, `sslrootcert`, `sslcert`, `sslkey`, `target_session_attrs`. Several hosts are separated by
  commas. `host` names a folder of sockets in place of a host: `postgresql:///quotes?host=/run/postgresql`.
- `mysql://`, also for MariaDB: `ssl_ca`, `ssl_cert`, `ssl_key`. `unix_socket` names a socket in place of a host:
  `mysql://user@/quotes?unix_socket=/run/mysqld/mysqld.sock`.

A Redis URL has no options, except `db` for a unix socket. Sentinel and Cluster take several hosts, separated by commas.

## Settings that depend on each other

- `QUOTES_TTL` is at most `QUOTES_MAX_AGE`.
- `QUOTES_REDIS_CA`, `QUOTES_REDIS_CERT` and `QUOTES_REDIS_KEY` need a `QUOTES_REDIS_URL` that begins with `rediss`.
  Certificate and key must be set together, and belong together.
- `QUOTES_ENV=production` needs `QUOTES_REDIS_URL` with a password, `QUOTES_DATABASE_URL`, `QUOTES_SECRET_KEYS`, and
  `QUOTES_TRUSTED_PROXIES` unless `QUOTES_RATE_LIMITS` is `off`.
"""


def settings_page() -> str:
    """Return the page in Markdown. It is the same on every machine."""
    rows = ["| name | default | meaning | allowed values |", "|---|---|---|---|", *map(_row, SETTINGS)]
    return "\n".join([_INTRODUCTION, *rows, "", _CONCLUSION])


def _row(setting: Setting) -> str:
    meaning = f"{setting.meaning}. {setting.note}" if setting.note else setting.meaning
    return f"| `{setting.name}` | {setting.documented_default} | {meaning} | {setting.allowed} |"


if __name__ == "__main__":
    sys.stdout.write(settings_page())
