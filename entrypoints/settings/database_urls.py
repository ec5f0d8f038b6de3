"""
Reads the URL of a database, strictly. It may hold a password, so what is wrong is said without showing it.

Options that would undo the service's own time-outs are refused, as are all that are not known.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

_DATABASES = (
    "allowed is sqlite:///path/to/file, postgresql://user:password@host:5432/database "
    "or mysql://user:password@host:3306/database, with special characters in user and password as %40"
)
_TEXT = r"(?:[^@:/?#%\s]|%(?!00)[0-9A-Fa-f]{2})"
_USER = rf"(?:{_TEXT}*(?::{_TEXT}*)?@)?"
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?"
_LAST_PORT = 65535
_POSTGRESQL = {"host", "sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs"}
_MYSQL = {"unix_socket", "ssl_ca", "ssl_cert", "ssl_key"}


def database_url(text: str) -> str:
    """
    A file of SQLite, or a database on a server. PostgreSQL may be several hosts, separated by commas, and be named by
    a folder of sockets (`host=`); MySQL by a socket (`unix_socket=`).
    """
    match text.partition("://")[0]:
        case "sqlite":
            is_fine = _is_sqlite(text)
        case "postgresql":
            is_fine = _is_server(text, rf"(?:{_HOST}(?:,{_HOST})*)?", _POSTGRESQL, "host")
        case "mysql":
            is_fine = _is_server(text, rf"(?:{_HOST})?", _MYSQL, "unix_socket")
        case _:
            is_fine = False
    if not is_fine:
        raise ValueError(f"is no URL of a database; {_DATABASES}")
    return text


def _is_sqlite(text: str) -> bool:
    path = text.removeprefix("sqlite:///")
    return path not in {text, "", ":memory:"} and not re.search(r"[?#]", path)


def _is_server(text: str, hosts: str, allowed: set[str], local: str) -> bool:
    """`local` is the option that stands in for a host. Whatever a driver might refuse would be shown by its error."""
    parts = re.fullmatch(rf"[a-z]+://{_USER}({hosts})/{_TEXT}+(?:\?((?:{_TEXT}|[/:@])*))?", text)
    if not parts or not text.isprintable():
        return False
    options = dict(parse_qsl(parts[2] or "", keep_blank_values=True))
    ports = [int(port) for port in re.findall(r":([0-9]+)(?:,|$)", parts[1])]
    is_named = bool(parts[1]) != (local in options)
    return (
        is_named
        and allowed >= options.keys()
        and "" not in options.values()
        and all(0 < port <= _LAST_PORT for port in ports)
    )
