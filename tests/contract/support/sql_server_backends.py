"""The database servers, and the faults that a test can cause on them."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, ClassVar

import peewee
import psycopg
import pymysql

from adapters.sql.database import SqlDatabase
from adapters.sql.transactions import Transactions
from tests.contract.support.sql_backends import SqlBackend
from tests.servers.mariadb import MariadbServer, unless_it_has_ended
from tests.servers.postgresql import PostgresqlServer
from tests.servers.sql import SqlServer


class SqlServerBackend(SqlBackend):
    """A database on a server that many tests share."""

    long_statement: str
    session: ClassVar[dict[str, str]]
    """The settings that each connection must have, as SELECT shows them."""

    def __init__(self, server: SqlServer, name: str) -> None:
        self.server = server
        self.name = name
        self.url = server.url(name)

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        return self.server.fetch(self.name, sql)

    def execute(self, sql: str) -> None:
        self.server.execute(self.name, sql)

    @abc.abstractmethod
    def end_connections(self) -> None:
        """End all connections to this database, as a restart of the server or an administrator does."""

    @abc.abstractmethod
    def has_a_waiter(self) -> bool:
        """Tell whether a transaction waits for a lock of another."""

    @abc.abstractmethod
    def cancel_wait_for_migration(self) -> bool:
        """End the statement that waits for another migration; tell whether there was one."""

    @abc.abstractmethod
    def connection_id(self, database: SqlDatabase) -> int:
        """Return the server's id of the connection that is used next."""

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Stop the server from answering within the block."""
        self.server.pause()
        try:
            yield
        finally:
            self.server.resume()

    def _count_as_administrator(self, sql: str) -> int:
        with closing(self.server.connect(None)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, [self.name])
            return int(cursor.fetchone()[0])

    @contextmanager
    def open_connection(self) -> Iterator[Any]:
        """Connect another client to this database; it commits each statement."""
        with closing(self.server.connect(self.name)) as connection:
            yield connection


class PostgresqlBackend(SqlServerBackend):
    server: PostgresqlServer
    long_statement = "SELECT pg_sleep(30)"
    session: ClassVar[dict[str, str]] = {
        "current_setting('statement_timeout')": "3s",
        "current_setting('lock_timeout')": "3s",
        "current_setting('idle_in_transaction_session_timeout')": "10s",
        "current_setting('tcp_keepalives_idle')": "5",
        "current_setting('tcp_keepalives_interval')": "5",
        "current_setting('tcp_keepalives_count')": "2",
        "current_setting('transaction_isolation')": "read committed",
        "current_setting('client_encoding')": "UTF8",
        "current_setting('application_name')": "quotehold",
    }

    def end_connections(self) -> None:
        self._count_as_administrator(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = %s"
        )

    def has_a_waiter(self) -> bool:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        return self._count_as_administrator(sql) > 0

    def cancel_wait_for_migration(self) -> bool:
        sql = (
            "SELECT count(*) FILTER (WHERE pg_cancel_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = %s AND wait_event = 'advisory'"
        )
        return self._count_as_administrator(sql) > 0

    def connection_id(self, database: SqlDatabase) -> int:
        return _only(database, "SELECT pg_backend_pid()")

    def has_no_transaction(self) -> bool:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state <> 'idle'"
        return self._count_as_administrator(sql) == 0

    def refuse(self, when: str, table: str) -> None:
        self.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE 'too deep' USING ERRCODE = '54001', DETAIL = NEW::text; END $$"
        )
        self.execute(f"CREATE TRIGGER refuse BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()")

    def allow(self, table: str) -> None:
        self.execute(f"DROP TRIGGER refuse ON {table}")

    def passing_fault(self) -> Exception:
        return _as_of_peewee(psycopg.errors.DeadlockDetected("deadlock detected"))

    def outage(self) -> Exception:
        return _as_of_peewee(psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"))


class MariadbBackend(SqlServerBackend):
    server: MariadbServer
    long_statement = "SELECT SLEEP(30)"
    session: ClassVar[dict[str, str]] = {
        "@@max_statement_time": "3.0",
        "@@innodb_lock_wait_timeout": "3",
        "@@idle_transaction_timeout": "10",
        "@@tx_isolation": "READ-COMMITTED",
        "@@sql_mode": "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION",
        "@@character_set_client": "utf8mb4",
    }

    def end_connections(self) -> None:
        with closing(self.server.connect(None)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", [self.name])
            for [identity] in cursor.fetchall():
                with unless_it_has_ended():
                    cursor.execute("KILL CONNECTION %s", [identity])

    def has_a_waiter(self) -> bool:
        # This counter is of the whole server. information_schema.innodb_trx would not do: it is renewed only when it
        # was not read for 100 ms, so a test that polls it more often never sees the waiter.
        with closing(self.server.connect(None)) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")
            return int(cursor.fetchone()[1]) > 0

    def cancel_wait_for_migration(self) -> bool:
        with closing(self.server.connect(None)) as connection, connection.cursor() as cursor:
            sql = "SELECT id FROM information_schema.processlist WHERE db = %s AND state = 'User lock'"
            cursor.execute(sql, [self.name])
            waiting = cursor.fetchall()
            for [identity] in waiting:
                with unless_it_has_ended():
                    cursor.execute("KILL QUERY %s", [identity])
        return bool(waiting)

    def connection_id(self, database: SqlDatabase) -> int:
        return _only(database, "SELECT CONNECTION_ID()")

    def has_no_transaction(self) -> bool:
        sql = (
            "SELECT count(*) FROM information_schema.innodb_trx JOIN information_schema.processlist "
            "ON id = trx_mysql_thread_id WHERE db = %s"
        )
        return self._count_as_administrator(sql) == 0

    def refuse(self, when: str, table: str) -> None:
        self.execute(
            f"CREATE TRIGGER refuse BEFORE {when} ON {table} FOR EACH ROW "
            "SIGNAL SQLSTATE '22032' SET MYSQL_ERRNO = 4025, MESSAGE_TEXT = 'too deep'"
        )

    def passing_fault(self) -> Exception:
        return _as_of_peewee(pymysql.OperationalError(1213, "Deadlock found"))

    def outage(self) -> Exception:
        return _as_of_peewee(pymysql.OperationalError(1205, "Lock wait timeout exceeded"))


def _only(database: SqlDatabase, sql: str) -> int:
    return Transactions(database).read(lambda pool: int(pool.execute_sql(sql).fetchone()[0]))


def _as_of_peewee(error: Exception) -> peewee.OperationalError:
    return peewee.OperationalError(error, *error.args)
