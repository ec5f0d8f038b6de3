"""MySQL and MariaDB, by PyMySQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import peewee
import pymysql
from peewee import MySQLDatabase
from pymysql.constants import CLIENT, CR, ER

from adapters.sql.dialect import Dialect, Fault, cause
from adapters.sql.pool import MOST_AGE, ProcessPool
from adapters.sql.timeouts import Timeouts
from adapters.sql.url import DatabaseUrl

_SNAPSHOT_CHANGED = 1020  # MariaDB's; PyMySQL knows MySQL's names only
_CONSTRAINT_FAILED = 4025
_CHECK_VIOLATED = 3819
_KILLED = 1927
_IDLE_TOO_LONG = 4031
_READ_ONLY = (1792, 1836)

_TRY_AGAIN = {ER.LOCK_DEADLOCK, _SNAPSHOT_CHANGED}
_LOST = {
    CR.CR_SERVER_GONE_ERROR,
    CR.CR_SERVER_LOST,
    CR.CR_SERVER_LOST_EXTENDED,
    ER.SERVER_SHUTDOWN,
    ER.OPTION_PREVENTS_STATEMENT,  # read-only, as the next two: the server has become a replica
    *_READ_ONLY,
    _KILLED,
    _IDLE_TOO_LONG,
}
_REFUSED = {_CONSTRAINT_FAILED, _CHECK_VIOLATED, ER.TRUNCATED_WRONG_VALUE_FOR_FIELD, ER.NET_PACKET_TOO_LARGE}
_SPEAKS_OF_VALUES = {Fault.CONFLICT, Fault.REFUSED}


class _Pool(ProcessPool, MySQLDatabase):
    """
    A pool that does not ping the server before a transaction: if the connection is lost, the transaction is repeated.
    """

    timeouts: Timeouts

    def _open(self) -> Any:
        connection: Any = pymysql.connect(database=self.database, autocommit=True, **self.connect_params)
        with connection.cursor() as cursor:
            cursor.execute(_session(connection.get_server_info(), self.timeouts))
            # REPEATABLE READ also locks the gaps between keys: two claims would block each other.
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        # PyMySQL's connect time-out covers only the TCP handshake. Until here, this one covered MySQL's own handshake.
        connection._read_timeout = connection._write_timeout = self.timeouts.silence_s  # noqa: SLF001 - no setter
        return connection

    def _is_closed(self, connection: Any) -> bool:
        return not connection.open


def mysql_pool(url: DatabaseUrl, *, size: int, timeouts: Timeouts) -> ProcessPool:
    """Return a pool for the database at this URL. PyMySQL takes the URL's options under the same names."""
    host, port = url.hosts[0] if url.hosts else (None, 0)
    pool = _Pool(
        url.name,
        max_connections=size,
        stale_timeout=MOST_AGE,
        # MySQL's TEXT and BLOB end at 64 KiB. Its JSON sorts the members; MariaDB's is LONGTEXT with the same check.
        field_types={"TEXT": "LONGTEXT", "BLOB": "LONGBLOB", "JSON": "LONGTEXT"},
        host=host,
        port=port,
        user=url.username,
        password=url.password.encode(),
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.connect,
        write_timeout=timeouts.connect,
        client_flag=CLIENT.FOUND_ROWS,  # an UPDATE counts the rows found, as elsewhere, not the rows changed
        ssl_verify_identity=True if "ssl_ca" in url.options else None,
        **url.options,
    )
    pool.timeouts = timeouts
    return pool


class MysqlDialect(Dialect):
    driver_error = pymysql.Error

    def fault(self, error: Exception) -> Fault:
        original = cause(error)
        if isinstance(original.__context__, TimeoutError):
            return Fault.OUTAGE  # a server that was silent once is not asked again
        number = _number(original)
        if number in _TRY_AGAIN:
            return Fault.TRANSIENT
        if number in _LOST:
            return Fault.LOST
        match original:
            case pymysql.IntegrityError() if number != ER.BAD_NULL_ERROR:
                return Fault.CONFLICT
            case pymysql.DataError() | pymysql.IntegrityError():
                return Fault.REFUSED
            case pymysql.InternalError() if number is None:
                return Fault.LOST  # packets in the wrong order
            case _:
                return Fault.REFUSED if number in _REFUSED else Fault.OUTAGE

    def sentence(self, error: Exception) -> str:
        original = cause(error)
        if self.fault(error) in _SPEAKS_OF_VALUES:
            return f"{type(original).__name__} {_number(original)}"
        return " ".join(f"{type(original).__name__}: {original}".split())

    @contextmanager
    def migrating(self, pool: ProcessPool) -> Iterator[None]:
        pool.connect()
        try:
            # The lock is one of the whole server, so its name contains the database's name.
            [taken] = pool.execute_sql("SELECT GET_LOCK(CONCAT('quotehold.', MD5(DATABASE())), 3600)").fetchone()
            if not taken:
                raise peewee.OperationalError("try again: another migration did not end within an hour")
            yield
        finally:
            self.discard(pool, pool.connection())


def _number(error: Exception) -> int | None:
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else None


def _session(server: str, timeouts: Timeouts) -> str:
    """
    Return the statement that sets the session's time-outs. MySQL limits only the time of SELECT. It has a time-out for
    an idle connection, but none for an idle transaction.
    """
    settings: dict[str, object] = {
        "sql_mode": "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
        "innodb_lock_wait_timeout": timeouts.lock,
    }
    if "MariaDB" in server:
        settings |= {"max_statement_time": timeouts.statement, "idle_transaction_timeout": timeouts.idle_transaction}
    else:
        settings |= {"max_execution_time": round(timeouts.statement * 1000)}
        settings |= {"wait_timeout": timeouts.idle_transaction} if timeouts.idle_transaction else {}
    return "SET SESSION " + ", ".join(f"{name} = {value}" for name, value in settings.items())
