"""The environment of a benchmark, started once: the servers, the service in two forms, and the peer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.bench.nest import peer
from tests.bench.processes import Valkey, Web, migrate, production, service, valkey
from tests.servers.postgresql import PostgresqlServer, running_postgresql

WITHOUT_HASH = "tests.bench.wsgi_without_hash:app"


@dataclass(frozen=True, slots=True)
class Environment:
    """The running servers. `unhashed` is the service again, without hashing of passwords."""

    folder: Path
    redis: Valkey
    sql: PostgresqlServer
    settings: dict[str, str]
    service: Web
    unhashed: Web
    peer: Web | None

    def measured_processes(self, app: Web) -> dict[str, int]:
        """Return the measured processes, by the name of their account."""
        return {"app": app.pid, "redis": self.redis.pid, "sql": self.sql.pid}

    def versions(self) -> dict[str, str]:
        with self.redis.admin() as admin, psycopg.connect(self.settings["QUOTES_DATABASE_URL"]) as connection:
            info, version = admin.info("server"), connection.info.server_version
        return {
            "store": f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}",
            "database": f"postgresql {version // 10000}.{version % 10000}",
        }


@contextmanager
def running_environment(folder: Path, workers: int, *, with_peer: bool) -> Iterator[Environment]:
    """
    Start everything, and stop it at the end of the block.

    Raises: ServerMissing
    """
    with ExitStack() as stack:
        redis = stack.enter_context(valkey(folder / "redis"))
        sql = stack.enter_context(running_postgresql(folder / "sql"))
        settings = production(redis.url, sql.create_database("quotes"), workers)
        migrate(settings)
        yield Environment(
            folder,
            redis,
            sql,
            settings,
            stack.enter_context(service(folder, settings)),
            stack.enter_context(service(folder, settings, WITHOUT_HASH)),
            stack.enter_context(peer(folder, redis.url, sql.create_database("peer"), workers)) if with_peer else None,
        )
