"""A TCP proxy that breaks its connections at the moment that a test names."""

from __future__ import annotations

import asyncio
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.faults.support.network_faults import Faults, Kind, Marker, Strike, Way
from tests.faults.support.proxied_connection import Connection, Stream
from tests.servers.process import claimed_port

HOST = "127.0.0.1"
_TIMEOUT_S = 30.0


class FaultProxy:
    """
    A proxy in front of a server while the block runs, on a thread of its own, for clients in any thread or process.

    Each fault is in force once its method returns. A strike (`cut_…`, `swallow_…`) hits the next `times` matching
    requests; `struck` counts the hits so far. Strikes assume a client that waits for each reply.
    """

    def __init__(self, upstream: tuple[str, int] | str | Path) -> None:
        """Make a proxy for the server at `upstream`: an address, or the path of a unix socket."""
        self._claims = ExitStack()
        self.port = claimed_port(self._claims)
        self.connections = 0
        self._upstream = upstream
        self._faults = Faults()
        self._carried: dict[Connection, asyncio.Task[None]] = {}
        self._errors: list[BaseException] = []
        self._is_up = False
        self._listener: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.up()
        except OSError:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.down()
        finally:
            self._stop()
        if self._errors:
            raise BaseExceptionGroup("in the proxy itself", self._errors)

    @property
    def address(self) -> tuple[str, int]:
        return HOST, self.port

    @property
    def struck(self) -> int:
        return self._faults.struck

    @property
    def lost(self) -> int:
        """The number of open connections that have lost something."""
        return sum(connection.lost for connection in list(self._carried))

    def through(self, url: str) -> str:
        """Return the server's URL with the address of the proxy; a `unix://` URL becomes a `redis://` URL."""
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        there = parts._replace(netloc=f"{user}{at}{HOST}:{self.port}")
        return (there._replace(scheme="redis", path="") if parts.scheme == "unix" else there).geturl()

    def latency(self, seconds: float, *ways: Way) -> None:
        """Delay each piece by that time, in these directions, or in both if none is named; 0 ends the delay."""
        self._change(lambda: self._faults.latency.update(dict.fromkeys(ways or Way, seconds)))

    def half_open(self) -> None:
        """Drop all bytes and all closes, without closing a connection; new connections are accepted, and silent too."""
        self._change(lambda: setattr(self._faults, "half_open", True))

    def down(self) -> None:
        """Close all connections, and refuse new connections."""
        self._do(self._down())

    def up(self) -> None:
        """Accept connections again, on the same port."""
        self._do(self._up())

    def reset(self) -> None:
        """End all connections by RST; new connections are accepted."""
        self._do(self._end(list(self._carried), reset=True))

    def cut_request(self, when: Marker, times: int = 1) -> None:
        """Close the connection before the server has the whole request."""
        self._strike(Kind.CUT_REQUEST, when, times)

    def cut_reply(self, when: Marker, times: int = 1) -> None:
        """Carry the request, wait until the server answers, and close the connection without the answer."""
        self._strike(Kind.CUT_REPLY, when, times)

    def swallow_request(self, when: Marker, times: int = 1) -> None:
        """Carry nothing from that request on, not even the end of the connection, so that the server waits."""
        self._strike(Kind.SWALLOW_REQUEST, when, times)

    def heal(self) -> None:
        """End all faults. A connection that has lost something is reset, as by a network that has forgotten it."""
        self._do(self._heal())

    def _strike(self, kind: Kind, when: Marker, times: int) -> None:
        self._change(lambda: self._faults.strikes.append(Strike(kind, when, times)))

    def _change(self, change: Callable[[], None]) -> None:
        async def changed() -> None:
            change()

        self._do(changed())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_TIMEOUT_S)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._claims.close()

    async def _up(self) -> None:
        self._is_up = True
        if not self._listener:
            self._listener = await asyncio.start_server(self._accept, HOST, self.port)

    async def _down(self) -> None:
        self._is_up = False
        if self._listener:
            self._listener.close()
            self._listener = None
        await self._end(list(self._carried))

    async def _heal(self) -> None:
        self._faults.latency = dict.fromkeys(Way, 0.0)
        self._faults.half_open = False
        self._faults.strikes.clear()
        await self._up()
        await self._end([connection for connection in self._carried if connection.lost], reset=True)

    async def _end(self, connections: list[Connection], *, reset: bool = False) -> None:
        tasks = [self._carried[connection] for connection in connections]
        for connection, task in zip(connections, tasks, strict=True):
            connection.end(reset=reset)
            if not connection.closing:
                task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        if not self._is_up:  # accepted just before
            writer.transport.abort()
            return
        self.connections += 1
        connection = Connection(self._faults, (reader, writer))
        task = self._loop.create_task(connection.run(self._connect))
        self._carried[connection] = task
        task.add_done_callback(lambda _: self._forget(connection))

    def _forget(self, connection: Connection) -> None:
        task = self._carried.pop(connection)
        if not task.cancelled() and (error := task.exception()):
            self._errors.append(error)

    async def _connect(self) -> Stream:
        if isinstance(self._upstream, tuple):
            return await asyncio.open_connection(*self._upstream)
        return await asyncio.open_unix_connection(self._upstream)
