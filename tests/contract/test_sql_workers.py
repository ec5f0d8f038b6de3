"""Connections in worker processes: forks, greenlets, and deadlines at any point."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.sql.database import SqlDatabase, open_database
from adapters.sql.timeouts import SERVICE
from tests.contract.support.builders import a_quote_id
from tests.contract.support.database_fixtures import sql_ports
from tests.contract.support.sql_faults import MANY, fill_the_pool
from tests.contract.support.sql_server_backends import SqlServerBackend
from tests.faults.support.fault_proxy import FaultProxy
from tests.support.waiting import at_most, eventually

ROOT = Path(__file__).parent.parent.parent

on_servers = pytest.mark.parametrize("sql_backend", ["postgresql", "mariadb"], indirect=True)


@on_servers
def test_a_child_process_uses_connections_of_its_own(sql_backend: SqlServerBackend, database: SqlDatabase) -> None:
    fill_the_pool(database)
    mine = {sql_backend.connection_id(database) for _ in range(3)}

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # the child must run none of pytest's exit handlers
        os.write(writer, str(sql_backend.connection_id(database)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        theirs = int(pipe.read())
    assert os.waitpid(child, 0)[1] == 0

    assert theirs not in mine
    assert sql_backend.connection_id(database) in mine


@on_servers
def test_a_worker_that_waits_for_the_server_serves_others_meanwhile(sql_backend: SqlServerBackend) -> None:
    script = (
        "import gevent.monkey; gevent.monkey.patch_all()\n"
        "import sys, time, gevent\n"
        "from adapters.sql.database import open_database\n"
        "from adapters.sql.transactions import Transactions\n"
        "read = Transactions(open_database(sys.argv[1])).read\n"
        "waiting = gevent.spawn(read, lambda pool: pool.execute_sql(sys.argv[2]))\n"
        "turns = 0\n"
        "while not waiting.ready():\n"
        "    gevent.sleep(0.01)\n"
        "    turns += 1\n"
        "assert turns > 30, turns\n"
        "assert waiting.exception, 'the server should have ended it'\n"
    )
    command = [sys.executable, "-c", script, sql_backend.url, sql_backend.long_statement]
    subprocess.run(command, cwd=ROOT, check=True, timeout=30, capture_output=True)


_STRUCK = """
import gevent.monkey; gevent.monkey.patch_all()
import random, sys, gevent
from adapters.sql.database import open_database
from domain.errors import ClaimConflict, Unavailable
from tests.contract.support.builders import a_new_claim, an_account, a_quote_id
from tests.contract.support.database_fixtures import sql_ports
from tests.contract.support.sql_faults import busy_connections

random.seed(1)
database = open_database(sys.argv[1], pool_size=6)
claims = sql_ports(database).claims

def visit(name):
    for n in range(10):
        with gevent.Timeout(random.random() * 0.1, False):
            try:
                claims.add(a_new_claim(an_account(f"{name}.{n}@example.com")))
                claims.with_account(a_quote_id())
            except (ClaimConflict, Unavailable):
                pass

gevent.joinall([gevent.spawn(visit, n) for n in range(40)], raise_error=True)
assert busy_connections(database) == 0, busy_connections(database)
for slots, most in ((database.slots, 6), (database.writers, 3)):
    taken = [slots.acquire(timeout=0) for _ in range(most + 1)]
    assert taken == [True] * most + [False], taken
    for _ in range(most):
        slots.release()
claims.add(a_new_claim(an_account("last@example.com")))
"""


@on_servers
def test_deadlines_that_strike_anywhere_leave_the_pool_and_the_server_as_they_were(
    sql_backend: SqlServerBackend, database: SqlDatabase
) -> None:
    command = [sys.executable, "-c", _STRUCK, sql_backend.url]
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=60, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    eventually(sql_backend.has_no_transaction, 5)
    accounts, claims, quotes = sql_backend.rows()
    assert accounts == claims == quotes > 0


@pytest.mark.parametrize("sql_backend", ["postgresql"], indirect=True)
def test_a_silent_host_costs_each_connecting_client_one_time_out(
    sql_backend: SqlServerBackend, database: SqlDatabase
) -> None:
    with FaultProxy(("127.0.0.1", sql_backend.server.port)) as silent:
        silent.half_open()
        url = sql_backend.url.replace("@127.0.0.1:", f"@127.0.0.1:{silent.port},127.0.0.1:")
        hosts = open_database(url)
        with at_most(SERVICE.connect + 2), ThreadPoolExecutor(MANY) as threads:
            list(threads.map(sql_ports(hosts).claims.with_account, [a_quote_id() for _ in range(MANY)]))
        hosts.close()
