"""
Names of the backends that suites run on: a server, an in-memory adapter, or a store and a database together.

A test runs on the backend that its `backend` marker or one of its parameters names; tests/conftest.py counts by it.
"""

REDIS = ("valkey", "redis", "redis-unix", "sentinel", "cluster")
"""Valkey alone; Redis 7.0 over TLS and on a unix socket; Valkey behind sentinels; a cluster of Valkey."""
SQL = ("sqlite", "postgresql", "mariadb")
STORE_WITH_SQL = (
    "valkey+sqlite",
    *(f"{store}+{database}" for store in ("valkey", "redis", "sentinel", "cluster") for database in SQL[1:]),
)
"""A store and a database, for the whole service."""
IN_PROCESS = ("memory", "fakeredis", "sqlite")
"""The backends that start no server."""
ALL = ("memory", "fakeredis", *REDIS, *SQL, *STORE_WITH_SQL)
