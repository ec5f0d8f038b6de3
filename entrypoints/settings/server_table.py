"""The settings of the process and of the servers that it uses, in the order of the documentation."""

from __future__ import annotations

import os
from collections.abc import Mapping

from entrypoints.settings.database_urls import database_url
from entrypoints.settings.redis_urls import certificates, private_key, redis_url
from entrypoints.settings.setting import Computed, Setting, Unset
from entrypoints.settings.texts import key_ids, without_password
from entrypoints.settings.values import address, environment, folder, keyring, worker_count

_DATA_DIR = "var"


def _workers(_environ: Mapping[str, str]) -> str:
    return str(max(1, min(os.cpu_count() or 1, 4)))


def _database(environ: Mapping[str, str]) -> str:
    return f"sqlite:///{folder(environ.get('QUOTES_DATA_DIR', _DATA_DIR))}/quotes.db"


SERVER_SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="QUOTES_ENV",
        read=environment,
        default="development",
        meaning="development, or production, which refuses embedded servers and generated keys",
        note="Production also refuses a Redis without a password, and the default database.",
        allowed="`development` or `production`",
    ),
    Setting(
        name="QUOTES_BIND",
        read=address,
        default="127.0.0.1:8000",
        meaning="address to listen on",
        note="Port 0 lets the system choose one.",
        allowed="`host:port` or `[IPv6]:port`: `0.0.0.0:8000`, `[::1]:8000`",
    ),
    Setting(
        name="QUOTES_WORKERS",
        read=worker_count,
        default=Computed(_workers, "one a core, at most 4"),
        meaning="number of worker processes",
        allowed="1 to 64",
    ),
    Setting(
        name="QUOTES_DATA_DIR",
        read=folder,
        default=_DATA_DIR,
        meaning="folder for the data of the embedded server, the generated key and the default database",
        note="It also holds the password of the embedded server.",
        allowed="a path without `?`, `#` and `%`",
    ),
    Setting(
        name="QUOTES_REDIS_URL",
        read=redis_url,
        default=Unset(None, "(embedded)"),
        meaning="Redis or Valkey for temporary quotes, sessions and limits: one server, Sentinel or Cluster",
        note="`rediss` in place of `redis` means TLS. If it is not set, `quotes serve` starts a server.",
        allowed="`redis://:password@host:6379/0`, `unix://:password@/path?db=0`, "
        "`redis+sentinel://:password@s1,s2,s3/service`, `redis+cluster://:password@n1,n2,n3`",
        show=without_password,
    ),
    Setting(
        name="QUOTES_REDIS_CA",
        read=certificates,
        default=Unset(None, "(the system's)"),
        meaning="PEM file of the authorities that sign the Redis server's certificate",
        allowed="a file; needs `rediss` in `QUOTES_REDIS_URL`",
    ),
    Setting(
        name="QUOTES_REDIS_CERT",
        read=certificates,
        default=Unset(None, "(none)"),
        meaning="PEM file of the client certificate for Redis",
        allowed="a file; needs `QUOTES_REDIS_KEY`",
    ),
    Setting(
        name="QUOTES_REDIS_KEY",
        read=private_key,
        default=Unset(None, "(none)"),
        meaning="PEM file of the client certificate's private key",
        allowed="a file, without a passphrase; needs `QUOTES_REDIS_CERT`",
    ),
    Setting(
        name="QUOTES_DATABASE_URL",
        read=database_url,
        default=Computed(_database, "`sqlite:///var/quotes.db`"),
        meaning="database for accounts and claimed quotes",
        note="The default is in `QUOTES_DATA_DIR`. Special characters are percent-encoded: `%40` for `@`.",
        allowed="`postgresql://user:password@host:5432/database`, `mysql://user:password@host:3306/database`, "
        "`sqlite:///relative.db`, `sqlite:////absolute.db`; see [options](#options-in-a-database-url)",
        show=without_password,
    ),
    Setting(
        name="QUOTES_SECRET_KEYS",
        read=keyring,
        default=Unset(None, "(embedded)"),
        meaning="server keys; the first key makes new quote tokens, the others verify older tokens",
        note="If it is not set, `quotes serve` makes a key and keeps it in `secret.keys` in `QUOTES_DATA_DIR`.",
        allowed="`keyid:base64 of 32 bytes`, comma-separated: `b:…,a:…`; a key id has 1 to 16 of `a-z` and `0-9`",
        show=key_ids,
    ),
)
