"""The fault proxy: the effect of each fault on a connection."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.support.echo_server import SOON, EchoServer, ask, connected, is_silent, opened, running_echo
from tests.faults.support.fault_proxy import FaultProxy
from tests.faults.support.network_faults import Marker, Way
from tests.servers.process import free_port
from tests.support.waiting import eventually


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    with running_echo() as server:
        yield server


@pytest.fixture
def proxy(echo: EchoServer) -> Iterator[FaultProxy]:
    with FaultProxy(("127.0.0.1", echo.server_address[1])) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[socket.socket]:
    with connected(proxy) as client:
        yield client


def test_without_a_fault_all_is_carried_both_ways(proxy: FaultProxy, client: socket.socket, echo: EchoServer) -> None:
    question = bytes(range(256)) * 4096
    sender = threading.Thread(target=client.sendall, args=(question,))
    sender.start()
    answer = b""
    while len(answer) < len(question):
        answer += client.recv(65_536)
    sender.join()
    assert answer == question
    assert echo.received == b"hello" + question
    assert (proxy.connections, proxy.struck) == (1, 0)


def test_a_server_on_a_unix_socket_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()
        with FaultProxy(path) as proxy, opened(proxy) as client, closing(listener.accept()[0]) as server:
            client.sendall(b"hello")
            assert server.recv(10) == b"hello"


def test_the_end_of_a_client_reaches_the_server(client: socket.socket, echo: EchoServer) -> None:
    client.close()
    assert echo.ended.wait(10)


def test_the_end_of_the_server_reaches_the_client(client: socket.socket, echo: EchoServer) -> None:
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""


def test_a_client_of_a_server_that_is_not_there_is_cut_off() -> None:
    # Sometimes the reset arrives while the client still connects.
    with FaultProxy(("127.0.0.1", free_port())) as proxy, pytest.raises(ConnectionResetError), opened(proxy) as client:
        client.recv(1)


def test_latency_keeps_requests_and_replies_back_and_can_be_taken_back(
    proxy: FaultProxy, client: socket.socket
) -> None:
    proxy.latency(0.2)
    began = time.monotonic()
    assert ask(client, b"slow") == b"slow"
    assert time.monotonic() - began >= 0.4
    proxy.latency(60)
    proxy.latency(0)
    assert ask(client, b"quick") == b"quick"


def test_latency_of_requests_keeps_them_from_the_server(
    proxy: FaultProxy, client: socket.socket, echo: EchoServer
) -> None:
    proxy.latency(60, Way.REQUESTS)
    client.sendall(b" late")
    assert is_silent(client)
    assert echo.received == b"hello"


def test_latency_of_replies_keeps_them_from_the_client(
    proxy: FaultProxy, client: socket.socket, echo: EchoServer
) -> None:
    proxy.latency(60, Way.REPLIES)
    client.sendall(b" late")
    assert eventually(lambda: echo.received == b"hello late")
    assert is_silent(client)


def test_down_closes_and_refuses_connections_until_it_is_up_again(
    proxy: FaultProxy, client: socket.socket, echo: EchoServer
) -> None:
    proxy.down()
    assert client.recv(1) == b""
    assert echo.ended.wait(10)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(proxy.address, timeout=10)
    proxy.up()
    with connected(proxy):
        assert proxy.connections == 2


def test_reset_ends_present_connections_and_takes_new_ones(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with connected(proxy):
        assert proxy.connections == 2


def test_half_open_drops_everything_and_resets_the_connections_that_lost_bytes_at_its_end(
    proxy: FaultProxy, client: socket.socket, echo: EchoServer
) -> None:
    with connected(proxy) as idle:
        proxy.half_open()
        client.sendall(b"lost")
        with opened(proxy) as late:
            late.sendall(b"lost")
            eventually(lambda: proxy.lost == 2)
            assert is_silent(client)
            assert is_silent(late)
            assert echo.received == b"hello" * 2
            proxy.heal()
            for unlucky in (client, late):
                with pytest.raises(ConnectionResetError):
                    unlucky.recv(1)
        assert ask(idle, b"fine") == b"fine"


@pytest.mark.parametrize("linger", [0, 1], ids=["end", "reset"])
def test_half_open_keeps_the_end_of_a_client_from_the_server(
    proxy: FaultProxy, client: socket.socket, echo: EchoServer, linger: int
) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", linger, 0))
    proxy.half_open()
    client.close()
    assert not echo.ended.wait(SOON)
    proxy.heal()
    assert echo.ended.wait(10)


def test_half_open_keeps_replies_from_the_client(proxy: FaultProxy, client: socket.socket, echo: EchoServer) -> None:
    echo.may_answer.clear()
    client.sendall(b" you")
    assert eventually(lambda: echo.received == b"hello you")
    proxy.half_open()
    echo.may_answer.set()
    assert is_silent(client)


def test_a_cut_request_never_reaches_the_server(proxy: FaultProxy, client: socket.socket, echo: EchoServer) -> None:
    proxy.cut_request(b"COMMIT")
    assert ask(client, b" INSERT") == b" INSERT"
    assert ask(client, b" COMMIT") == b""
    assert echo.ended.wait(10)
    assert echo.received == b"hello INSERT"
    assert proxy.struck == 1


def test_a_request_is_cut_though_it_comes_in_pieces(proxy: FaultProxy, client: socket.socket, echo: EchoServer) -> None:
    proxy.cut_request(b"COMMIT")
    assert ask(client, b" COM") == b" COM"
    assert ask(client, b"MIT") == b""
    assert echo.received == b"hello COM"


def test_a_cut_reply_is_lost_after_the_server_has_given_it(
    proxy: FaultProxy, client: socket.socket, echo: EchoServer
) -> None:
    proxy.cut_reply(b"COMMIT")
    echo.may_answer.clear()
    client.sendall(b" COMMIT")
    assert eventually(lambda: echo.received == b"hello COMMIT")
    assert is_silent(client)
    assert proxy.struck == 0
    echo.may_answer.set()
    assert client.recv(10) == b""
    assert proxy.struck == 1


def test_after_a_swallowed_request_the_connection_is_open_and_silent_both_ways(
    proxy: FaultProxy, client: socket.socket, echo: EchoServer
) -> None:
    proxy.swallow_request(b"COMMIT")
    client.sendall(b" COMMIT")
    client.sendall(b" and more")
    eventually(lambda: proxy.struck == 1)
    assert is_silent(client)
    client.close()
    assert not echo.ended.wait(SOON)
    assert echo.received == b"hello"
    with connected(proxy) as other:
        assert ask(other, b"COMMIT") == b"COMMIT"
    echo.ended.clear()
    proxy.heal()
    assert echo.ended.wait(10)


@pytest.mark.parametrize("marker", [b"COMMIT", lambda piece: piece.startswith(b"COMM")], ids=["bytes", "question"])
def test_a_strike_happens_as_often_as_it_was_asked_for(proxy: FaultProxy, marker: Marker) -> None:
    proxy.cut_request(marker, times=2)
    answers = []
    for _ in range(3):
        with connected(proxy) as client:
            answers.append(ask(client, b"COMMIT"))
    assert answers == [b"", b"", b"COMMIT"]
    assert proxy.struck == 2


def test_a_strike_that_did_not_happen_yet_can_be_taken_back(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.cut_request(b"COMMIT")
    proxy.heal()
    assert ask(client, b"COMMIT") == b"COMMIT"
    assert proxy.struck == 0


def test_a_mistake_in_a_question_fails_the_test_that_asked_it(echo: EchoServer) -> None:
    def ask_wrongly() -> None:
        with FaultProxy(("127.0.0.1", echo.server_address[1])) as proxy, connected(proxy) as client:
            proxy.cut_request(lambda piece: piece[1_000] == 0)
            ask(client, b"COMMIT")

    with pytest.raises(BaseExceptionGroup, match="in the proxy"):
        ask_wrongly()


@pytest.mark.parametrize(
    ("url", "through"),
    [
        ("postgresql://me:secret@127.0.0.1:5432/quotes", "postgresql://me:secret@127.0.0.1:{}/quotes"),
        ("redis://127.0.0.1:6379/1", "redis://127.0.0.1:{}/1"),
        ("unix://:secret@/run/valkey.sock", "redis://:secret@127.0.0.1:{}"),
    ],
)
def test_a_url_leads_through_the_proxy(url: str, through: str) -> None:
    with FaultProxy("/nowhere") as proxy:
        assert through.format(proxy.port) == proxy.through(url)
