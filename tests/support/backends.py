"""The names of the legs: each server, twin, or pair of servers that a suite runs over."""

REDIS = ("valkey", "redis", "redis-unix", "sentinel", "cluster")
"""Valkey alone; Redis 7.0 over TLS and on a unix socket; Valkey behind sentinels; a cluster of Valkey."""
SQL = ("sqlite", "postgresql", "mariadb")
PAIRS = (
    "valkey+sqlite",
    *(f"{store}+{database}" for store in ("valkey", "redis", "sentinel", "cluster") for database in SQL[1:]),
)
ALL = ("memory", "fakeredis", *REDIS, *SQL, *PAIRS)
