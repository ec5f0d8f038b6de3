"""The grammar of a database URL. The URL may hold a password, so no message shows any part of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

Kind = Literal["sqlite", "postgresql", "mysql"]
Hosts = tuple[tuple[str, int], ...]

_TEXT = r"(?:[^@:/?#%\s]|%(?!00)[0-9A-Fa-f]{2})"
_USER = rf"(?:(?P<username>{_TEXT}*)(?::(?P<password>{_TEXT}*))?@)?"
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?"
_NAME = rf"/(?P<name>{_TEXT}+)"
_OPTIONS = rf"(?:\?(?P<options>(?:{_TEXT}|[/:@])*))?"
_FORMS: dict[Kind, re.Pattern[str]] = {
    "sqlite": re.compile(r"sqlite:///(?P<name>(?:[^?#%]|%(?!00)[0-9A-Fa-f]{2})+)"),
    "postgresql": re.compile(rf"postgresql://{_USER}(?P<hosts>{_HOST}(?:,{_HOST})*)?{_NAME}{_OPTIONS}"),
    "mysql": re.compile(rf"mysql://{_USER}(?P<hosts>{_HOST})?{_NAME}{_OPTIONS}"),
}
_LACKING = dict.fromkeys(("username", "password", "hosts", "options"), "")
_HOST_AND_PORT = re.compile(r"\[?([^\[\],]+?)\]?(?::([0-9]{1,5}))?(?:,|$)")
_LAST_PORT = 65535
_SOCKETS: dict[Kind, str] = {"postgresql": "host", "mysql": "unix_socket"}
"""The option that names a local socket, in place of a host."""
_OPTION_NAMES: dict[Kind, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": ("host", "sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs"),
    "mysql": ("unix_socket", "ssl_ca", "ssl_cert", "ssl_key"),
}
_ALLOWED = (
    "Use sqlite:///path/to/file, postgresql://user:password@host:5432/database or "
    "mysql://user:password@host:3306/database, with %40 for @ and the like in user and password"
)


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """
    The address of a database and the credentials for it. `name` is a file of SQLite, or a database on a server. Port 0
    means the server's default port. Without `hosts`, an option names a local socket.
    """

    kind: Kind
    name: str
    hosts: Hosts = ()
    username: str = ""
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


def parse(url: str) -> DatabaseUrl:
    """
    Read the URL of a database. Options that would undo the service's time-outs are refused, as are unknown ones: a
    driver's own message about them would show the URL.

    Raises: ValueError (its text says how to fix the URL)
    """
    kind, parts = _matched(url)
    return DatabaseUrl(
        kind=kind,
        name=_database(kind, unquote(parts["name"])),
        hosts=(hosts := _hosts(parts["hosts"])),
        username=unquote(parts["username"]),
        password=unquote(parts["password"]),
        options=_options(kind, parts["options"], has_host=bool(hosts)),
    )


def _matched(url: str) -> tuple[Kind, dict[str, str]]:
    """Return the parts of the URL by name, with "" for each that it lacks."""
    for kind, form in _FORMS.items():
        if url.isprintable() and (found := form.fullmatch(url)):
            return kind, _LACKING | found.groupdict("")
    raise ValueError(f"{_ALLOWED}; the given URL has another form")


def _database(kind: Kind, name: str) -> str:
    if kind == "sqlite" and name == ":memory:":
        raise ValueError(f"{_ALLOWED}; the given database is in memory, which no other process can read")
    return name


def _hosts(text: str) -> Hosts:
    found = _HOST_AND_PORT.findall(text)
    if not all(0 < int(port) <= _LAST_PORT for _, port in found if port):
        raise ValueError(f"{_ALLOWED}; the given URL has a port that is not between 1 and {_LAST_PORT}")
    return tuple((host, int(port or 0)) for host, port in found)


def _options(kind: Kind, text: str, *, has_host: bool) -> dict[str, str]:
    pairs = [option.partition("=") for option in text.split("&")] if text else []
    options = {unquote(name): unquote(value) for name, _, value in pairs}
    allowed = _OPTION_NAMES[kind]
    if not options.keys() <= set(allowed) or "" in options.values() or len(options) < len(pairs):
        raise ValueError(
            f"Use the options {', '.join(allowed)} alone, each once and with a value; the given URL differs"
        )
    if kind in _SOCKETS and has_host == (_SOCKETS[kind] in options):
        raise ValueError(f"{_ALLOWED}; the given URL needs a host or the option {_SOCKETS[kind]}, and not both")
    return options
