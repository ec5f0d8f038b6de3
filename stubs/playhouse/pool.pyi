"""What the project uses of playhouse.pool, which types-peewee leaves out."""

from typing import Any

from peewee import Database, SqliteDatabase

class MaxConnectionsExceeded(ValueError): ...

class PooledDatabase(Database):
    def __init__(
        self,
        database: str | None,
        max_connections: int | None = 20,
        stale_timeout: float | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> None: ...
    def connection(self) -> Any: ...
    def execute_sql(self, sql: str, params: Any = None) -> Any: ...
    def manual_close(self) -> bool | None: ...
    def close_all(self) -> None: ...

class PooledSqliteDatabase(PooledDatabase, SqliteDatabase):
    def begin(self, lock_type: str | None = None) -> None: ...
