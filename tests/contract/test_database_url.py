"""The grammar of a database URL: its forms, and the message that refuses any other."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters.sql.mysql import mysql_pool
from adapters.sql.postgresql import postgresql_pool
from adapters.sql.timeouts import SERVICE
from adapters.sql.url import DatabaseUrl, parse

POSTGRESQL = DatabaseUrl("postgresql", "quotes", (("host", 0),))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///var/quotes.db", DatabaseUrl("sqlite", "var/quotes.db")),
        ("sqlite:////srv/my%20quotes@home.db", DatabaseUrl("sqlite", "/srv/my quotes@home.db")),
        ("postgresql://host/quotes", POSTGRESQL),
        ("postgresql://host/quotes?", POSTGRESQL),
        (
            "postgresql://me:p%40%2F+w@a,[2001:db8::1]:5433/q%20s?sslmode=require&sslrootcert=/etc/a+b.pem",
            DatabaseUrl(
                "postgresql",
                "q s",
                (("a", 0), ("2001:db8::1", 5433)),
                "me",
                "p@/+w",
                {"sslmode": "require", "sslrootcert": "/etc/a+b.pem"},
            ),
        ),
        (
            "postgresql://me@/quotes?host=/run/postgresql",
            DatabaseUrl("postgresql", "quotes", (), "me", "", {"host": "/run/postgresql"}),
        ),
        ("mysql://me:@[::1]:3307/quotes", DatabaseUrl("mysql", "quotes", (("::1", 3307),), "me")),
        (
            "mysql://me@/quotes?unix_socket=/run/mysqld.sock",
            DatabaseUrl("mysql", "quotes", (), "me", "", {"unix_socket": "/run/mysqld.sock"}),
        ),
    ],
)
def test_each_form_names_a_database(url: str, expected: DatabaseUrl) -> None:
    assert expected == parse(url)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("oracle://me:hunter2@host/quotes", "Use sqlite:///path/to/file, .*; the given URL has another form"),
        ("sqlite:///hunter2?mode=ro", "Use sqlite:///path/to/file, .*; the given URL has another form"),
        ("sqlite:///hunter2%00", "Use sqlite:///path/to/file, .*; the given URL has another form"),
        ("sqlite:///hunter2\n", "Use sqlite:///path/to/file, .*; the given URL has another form"),
        ("sqlite:///%3Amemory%3A", "Use sqlite:///path/to/file, .*; the given database is in memory, .*"),
        (
            "mysql://me:hunter2@host:65536/quotes",
            "Use sqlite.*; the given URL has a port that is not between 1 and 65535",
        ),
        (
            "postgresql://me:hunter2@a:1,b:0/quotes",
            "Use sqlite.*; the given URL has a port that is not between 1 and .*",
        ),
        (
            "postgresql://me:hunter2@/quotes",
            "Use sqlite.*; the given URL needs a host or the option host, and not both",
        ),
        (
            "mysql://me:hunter2@a/q?unix_socket=/x",
            "Use sqlite.*; the given URL needs a host or the option unix_socket, .*",
        ),
        ("mysql://me:hunter2@a/q?hunter2=1", "Use the options unix_socket, ssl_ca, ssl_cert, ssl_key alone, .*"),
        ("postgresql://a/q?sslmode=hunter2&sslmode=b", "Use the options host, sslmode, .* alone, each once .*"),
        ("postgresql://a/q?sslmode", "Use the options host, sslmode, .* alone, each once and with a value; .*"),
    ],
)
def test_another_url_is_refused_without_showing_it(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$") as refused:
        parse(url)
    assert "hunter2" not in str(refused.value)


def test_the_password_is_not_in_the_repr() -> None:
    assert "hunter2" not in repr(parse("mysql://me:hunter2@host/quotes"))


def test_libpq_gets_each_host_with_its_port_and_each_option() -> None:
    url = parse("postgresql://me:p%20'w%5C@a,[::1]:5433/quotes?sslmode=verify-full&target_session_attrs=read-write")

    assert conninfo_to_dict(postgresql_pool(url, size=1, timeouts=SERVICE).database) == {
        "host": "a,::1",
        "port": ",5433",
        "user": "me",
        "password": "p 'w\\",
        "dbname": "quotes",
        "sslmode": "verify-full",
        "target_session_attrs": "read-write",
    }


def test_libpq_gets_a_folder_of_sockets_in_place_of_hosts() -> None:
    url = parse("postgresql:///quotes?host=/run/postgresql")

    given = conninfo_to_dict(postgresql_pool(url, size=1, timeouts=SERVICE).database)
    assert given == {"host": "/run/postgresql", "dbname": "quotes"}


def test_pymysql_gets_the_host_or_the_socket() -> None:
    by_host = mysql_pool(parse("mysql://me:pw@Host:3307/quotes?ssl_ca=/ca.pem"), size=1, timeouts=SERVICE)
    by_socket = mysql_pool(parse("mysql://me@/quotes?unix_socket=/run/s"), size=1, timeouts=SERVICE)

    taken = ("host", "port", "user", "password", "ssl_ca", "ssl_verify_identity")
    assert [by_host.connect_params[name] for name in taken] == ["Host", 3307, "me", b"pw", "/ca.pem", True]
    assert by_host.database == "quotes"
    assert (by_socket.connect_params["host"], by_socket.connect_params["unix_socket"]) == (None, "/run/s")
