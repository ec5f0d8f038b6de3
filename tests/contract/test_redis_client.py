"""The client on misbehaving servers: how often and where a command is sent, and how long it may take."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from unittest import mock

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.crc import key_slot
from redis.exceptions import ConnectionError, TimeoutError  # noqa: A004 - the vendor's names
from redis.retry import Retry

from adapters.redis.client import Client, connect
from adapters.redis.cluster import _PAUSE, ClusterClient
from adapters.redis.errors import translated_errors
from adapters.redis.options import DEADLINE
from adapters.redis.sentinel import Sentinels
from adapters.redis.url import parse
from domain.errors import Overloaded
from domain.model import SaveId
from tests.contract.support.store_backends import RedisBackend, ref_at
from tests.contract.support.store_fixtures import Address
from tests.support.waiting import at_most

PING = b"*1\r\n$4\r\nPING\r\n"
NIL = b"$-1\r\n"
GET = b"*2\r\n$3\r\nGET\r\n$1\r\nx\r\n"


class Server:
    """A server with as much of the protocol as GET needs; `behave` gets each command's number and may answer it."""

    def __init__(self, behave: Callable[[int, socket.socket], None]) -> None:
        self.behave = behave
        self.commands = 0
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def _accept(self) -> None:
        with ExitStack() as held:
            while True:
                try:
                    connection = held.enter_context(self.listener.accept()[0])
                except OSError:  # closed: the test is over
                    return
                self.connections += 1
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        while connection.fileno() >= 0 and (received := connection.recv(4096)):
            if received == PING:
                connection.sendall(b"+PONG\r\n")
                continue
            assert received == GET
            self.commands += 1
            self.behave(self.commands, connection)


@contextmanager
def serving(behave: Callable[[int, socket.socket], None]) -> Iterator[Server]:
    server = Server(behave)
    yield server
    server.listener.shutdown(socket.SHUT_RDWR)
    server.listener.close()


@contextmanager
def talking_to(behave: Callable[[int, socket.socket], None]) -> Iterator[tuple[Client, Server]]:
    with serving(behave) as server, closing(connect(f"redis://127.0.0.1:{server.port}")) as client:
        yield client, server


def answer(_: int, connection: socket.socket) -> None:
    connection.sendall(NIL)


def test_a_connection_that_is_cut_is_replaced_and_the_command_sent_once_more() -> None:
    def cut_the_first(number: int, connection: socket.socket) -> None:
        connection.close() if number == 1 else connection.sendall(NIL)

    with talking_to(cut_the_first) as (client, server):
        assert client.get("x") is None
        assert server.commands == 2


def test_a_server_that_always_cuts_is_asked_twice_and_no_more() -> None:
    with talking_to(lambda _, connection: connection.close()) as (client, server):
        with pytest.raises(ConnectionError):
            client.get("x")
        assert server.commands == 2


def test_a_server_that_does_not_answer_is_asked_once_and_given_up_at_the_deadline() -> None:
    with talking_to(lambda *_: None) as (client, server):
        with at_most(2 * DEADLINE) as watch, pytest.raises(TimeoutError):
            client.get("x")
        assert watch.elapsed >= DEADLINE
        assert server.commands == 1


def test_a_cluster_that_cannot_be_reached_is_not_asked_for_its_layout_by_each_request() -> None:
    with serving(lambda *_: None) as gone:
        port = gone.port
    with closing(connect(f"redis+cluster://127.0.0.1:{port}")) as client:
        assert isinstance(client, ClusterClient)
        with mock.patch.object(client, "_make", wraps=client._make) as look:
            began = time.monotonic()
            for _ in range(200):
                with pytest.raises(ConnectionError):
                    client.get("x")
        assert 1 <= look.call_count <= 2 + (time.monotonic() - began) / _PAUSE


class NamedPrimaries(Sentinels):
    """Sentinels that name one server after the other, and then always the last."""

    def __init__(self, *servers: Server) -> None:
        super().__init__(parse("redis+sentinel://127.0.0.1/quotes"), None, max_connections=8)
        self.servers = list(servers)

    def discover_master(self, service_name: str) -> tuple[str, int]:
        server = self.servers.pop(0) if len(self.servers) > 1 else self.servers[0]
        return ("127.0.0.1", server.port)

    def client(self) -> Redis:
        retry = Retry(NoBackoff(), 1, supported_errors=(ConnectionError,))
        return self.primary({"protocol": 2, "driver_info": None, "socket_timeout": DEADLINE, "retry": retry})


def test_a_command_that_is_repeated_goes_to_the_primary_of_the_moment() -> None:
    with serving(lambda _, connection: connection.close()) as dead, serving(answer) as alive:
        with NamedPrimaries(dead, alive).client() as client:
            assert client.get("x") is None
        assert (dead.commands, alive.commands) == (1, 1)


def test_a_primary_that_says_it_is_a_replica_is_left_within_the_call() -> None:
    def refuse(_: int, connection: socket.socket) -> None:
        connection.sendall(b"-READONLY You can't write against a read only replica.\r\n")

    with serving(refuse) as demoted, serving(answer) as promoted:
        with NamedPrimaries(demoted, promoted).client() as client:
            assert client.get("x") is None
        assert (demoted.commands, promoted.commands) == (1, 1)


def test_a_late_answer_is_not_given_to_the_next_command() -> None:
    def late(number: int, connection: socket.socket) -> None:
        if number > 1:
            connection.sendall(b"$3\r\n%03d\r\n" % number)

    with serving(late) as server, NamedPrimaries(server).client() as client:
        with pytest.raises(TimeoutError):
            client.get("x")
        assert client.get("x") == b"002"
        assert server.connections == 2


def test_when_no_connection_is_free_the_service_is_overloaded(address: Address) -> None:
    with closing(connect(address.url, tls=address.tls, max_connections=1)) as client:
        assert client.get("q:nothing") is None
        pool = pool_of(client)
        taken = pool.get_connection()
        with pytest.raises(Overloaded), translated_errors():
            client.get("q:nothing")
        pool.release(taken)
        assert client.get("q:nothing") is None


def pool_of(client: Client) -> ConnectionPool:
    if isinstance(client, ClusterClient):
        client = client._connected().layout.get_node_from_slot(key_slot(b"q:nothing")).redis_connection
    assert isinstance(client, Redis)
    return client.connection_pool


def test_connections_that_the_server_has_closed_are_replaced_without_a_word(redis_backend: RedisBackend) -> None:
    quotes, ref = redis_backend.quotes(), ref_at(redis_backend.now())
    revision = quotes.create(ref, SaveId(b"saveid01"), None, {}).revision

    redis_backend.close_connections()
    assert quotes.get(ref).revision == revision
    redis_backend.close_connections()
    assert quotes.save(ref, SaveId(b"saveid02"), {}, revision).revision > revision


def test_nothing_is_connected_before_the_first_command() -> None:
    for scheme in ("redis", "redis+sentinel", "redis+cluster"):
        path = "/quotes" if scheme == "redis+sentinel" else ""
        with closing(connect(f"{scheme}://nowhere.invalid:1{path}")) as client:
            assert isinstance(client, Redis | ClusterClient)
