"""
Reads the URL of a database, strictly. It may hold a password, so what is wrong is said without showing it.

Options that would undo the service's own time-outs are refused, as are all that are not known.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit

_DATABASES = (
    "allowed is sqlite:///path/to/file, postgresql://user:password@host:5432/database "
    "or mysql://user:password@host:3306/database"
)
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?"
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
    """`local` is the option that stands in for a host."""
    url = _split(text)
    options = dict(parse_qsl(url.query, keep_blank_values=True)) if url else {}
    if url is None or url.fragment or not allowed >= options.keys() or "" in options.values():
        return False
    authority = url.netloc.rpartition("@")[2]
    is_named = bool(re.fullmatch(hosts, authority)) and bool(authority) != (local in options)
    return is_named and bool(re.fullmatch(r"/[^/\s]+", url.path))


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:  # its message may hold a piece of the password
        return None
