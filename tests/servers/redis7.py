"""Redis from the system's packages: the oldest supported version, and with TLS, which the wheel of Valkey lacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import ConnectionError, TimeoutError  # noqa: A004 - the vendor's names

from tests.servers.node import Node, started
from tests.servers.site import APP, OnSite, Site, documented_acl, redis_site

DATABASE = 2


class RedisServer(Node, OnSite):
    """
    A server that listens with TLS and on a unix socket.

    With TLS it demands a client's certificate, and the service is a user with the documented rights. On the unix socket
    it demands a password only. Both URLs name database 2.
    """

    def __init__(self, site: Site) -> None:
        self._socket = site.folder.absolute() / "redis" / "redis.sock"
        rule = f"user {APP} on >{site.app_password} {documented_acl()}"
        lines = [rule, "appendonly yes", "appendfsync everysec", 'save ""', f"unixsocket {self._socket}"]
        super().__init__(site, "redis", [*lines, "maxmemory-policy noeviction"])

    @property
    def url(self) -> str:
        return f"rediss://{APP}:{self._site.app_password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def unix_url(self) -> str:
        return f"unix://:{self._site.password}@{quote(str(self._socket))}?db={DATABASE}"

    def is_loading(self) -> bool:
        """Tell whether the server is loading its data."""
        with self.client() as admin, suppress(ConnectionError, TimeoutError):
            return bool(admin.info("persistence")["loading"])
        return False

    def client(self) -> Redis:
        """Return a client of the administrator, in the service's database."""
        return self._site.client(self.port, db=DATABASE)


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """
    Run a server for this block alone, with its data in that folder.

    Raises: ServerMissing
    """
    place = redis_site(folder)
    server = RedisServer(place)
    with place.ports, started([server]):
        yield server
