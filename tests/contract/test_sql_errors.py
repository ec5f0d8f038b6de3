"""The meaning of each driver's errors for the transaction in which they occur."""

from __future__ import annotations

import peewee
import psycopg
import pymysql
import pytest
from psycopg import errors

from adapters.sql.dialect import Dialect, Fault
from adapters.sql.mysql import MysqlDialect
from adapters.sql.postgresql import PostgresqlDialect

POSTGRESQL = [
    (errors.DeadlockDetected(), Fault.TRANSIENT),
    (errors.SerializationFailure(), Fault.TRANSIENT),
    (errors.UniqueViolation(), Fault.CONFLICT),
    (errors.ForeignKeyViolation(), Fault.CONFLICT),
    (errors.InvalidTextRepresentation(), Fault.REFUSED),
    (errors.UntranslatableCharacter(), Fault.REFUSED),
    (errors.StatementTooComplex(), Fault.REFUSED),
    (psycopg.DataError("PostgreSQL text fields cannot contain NUL"), Fault.REFUSED),
    (psycopg.OperationalError("server closed the connection unexpectedly"), Fault.LOST),
    (errors.AdminShutdown(), Fault.LOST),
    (errors.CrashShutdown(), Fault.LOST),
    (errors.CannotConnectNow(), Fault.LOST),
    (errors.IdleSessionTimeout(), Fault.LOST),
    (errors.IdleInTransactionSessionTimeout(), Fault.LOST),
    (errors.TransactionTimeout(), Fault.LOST),
    (errors.ReadOnlySqlTransaction(), Fault.LOST),
    (errors.FeatureNotSupported("cached plan must not change result type"), Fault.LOST),
    (errors.QueryCanceled(), Fault.OUTAGE),
    (errors.LockNotAvailable(), Fault.OUTAGE),
    (errors.TooManyConnections(), Fault.OUTAGE),
    (errors.DiskFull(), Fault.OUTAGE),
    (errors.UndefinedTable(), Fault.OUTAGE),
    (errors.ConnectionTimeout("connection timeout expired"), Fault.OUTAGE),
]
MYSQL = [
    (pymysql.OperationalError(1213, "Deadlock found"), Fault.TRANSIENT),
    (pymysql.OperationalError(1020, "Record has changed since last read"), Fault.TRANSIENT),
    (pymysql.IntegrityError(1062, "Duplicate entry"), Fault.CONFLICT),
    (pymysql.IntegrityError(1452, "Cannot add or update a child row"), Fault.CONFLICT),
    (pymysql.IntegrityError(1048, "Column cannot be null"), Fault.REFUSED),
    (pymysql.DataError(1406, "Data too long"), Fault.REFUSED),
    (pymysql.OperationalError(1366, "Incorrect string value"), Fault.REFUSED),
    (pymysql.OperationalError(4025, "CONSTRAINT failed"), Fault.REFUSED),
    (pymysql.OperationalError(3819, "Check constraint is violated"), Fault.REFUSED),
    (pymysql.OperationalError(2006, "MySQL server has gone away"), Fault.LOST),
    (pymysql.OperationalError(2013, "Lost connection to MySQL server during query"), Fault.LOST),
    (pymysql.OperationalError(1053, "Server shutdown in progress"), Fault.LOST),
    (pymysql.OperationalError(1927, "Connection was killed"), Fault.LOST),
    (pymysql.OperationalError(4031, "The client was disconnected because of inactivity"), Fault.LOST),
    (pymysql.OperationalError(1290, "running with the --read-only option"), Fault.LOST),
    (pymysql.OperationalError(1792, "in a READ ONLY transaction"), Fault.LOST),
    (pymysql.OperationalError(1836, "Running in read-only mode"), Fault.LOST),
    (pymysql.InternalError("Packet sequence number wrong - got 2 expected 1"), Fault.LOST),
    (pymysql.OperationalError(1205, "Lock wait timeout exceeded"), Fault.OUTAGE),
    (pymysql.OperationalError(1040, "Too many connections"), Fault.OUTAGE),
    (pymysql.OperationalError(1969, "max_statement_time exceeded"), Fault.OUTAGE),
    (pymysql.ProgrammingError(1146, "Table doesn't exist"), Fault.OUTAGE),
]


@pytest.mark.parametrize(
    ("dialect", "error", "fault"),
    [(PostgresqlDialect(), *row) for row in POSTGRESQL] + [(MysqlDialect(), *row) for row in MYSQL],
    ids=lambda value: f"{type(value).__name__}-{value}" if isinstance(value, Exception) else "",
)
def test_each_error_of_peewee_and_of_the_driver_has_its_meaning(
    dialect: Dialect, error: Exception, fault: Fault
) -> None:
    assert fault is dialect.fault(error)
    assert fault is dialect.fault(peewee.DatabaseError(error, *error.args))


def test_a_server_that_was_silent_is_not_asked_again() -> None:
    silent = pymysql.OperationalError(2013, "Lost connection to MySQL server during query (timed out)")
    silent.__context__ = TimeoutError("timed out")

    assert MysqlDialect().fault(silent) is Fault.OUTAGE
