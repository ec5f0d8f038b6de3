"""A TCP proxy that breaks what it carries, at the moment that a test names."""

from __future__ import annotations

import asyncio
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.faults.support.network_faults import Faults, Kind, Marker, Strike, Way
from tests.faults.support.proxied_connection import Connection, Stream
from tests.servers.process import free_port

HOST = "127.0.0.1"
_TIMEOUT_S = 10.0


class FaultProxy:
    """
    Stands before a server while the block runs, on a thread of its own, for clients in any thread or process.

    Each fault holds from the moment its method returns. Strikes (`cut_…`, `swallow_…`) wait for a request that
    matches, `times` of them; `struck` counts those that took place. They suppose a client that waits for each reply.
    """

    def __init__(self, upstream: tuple[str, int] | str | Path) -> None:
        """`upstream` is an address, or the path of a unix socket."""
        self.port = free_port()
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

    def through(self, url: str) -> str:
        """The server's URL, leading through the proxy; a `unix://` one becomes `redis://`."""
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        there = parts._replace(netloc=f"{user}{at}{HOST}:{self.port}")
        return (there._replace(scheme="redis", path="") if parts.scheme == "unix" else there).geturl()

    def latency(self, seconds: float, *ways: Way) -> None:
        """Keep each piece back for so long, in these directions (none named: in both). 0 takes it back."""
        self._change(lambda: self._faults.latency.update(dict.fromkeys(ways or Way, seconds)))

    def half_open(self) -> None:
        """Swallow all bytes, and the news that an end has closed; connections, new ones too, stay open."""
        self._change(lambda: setattr(self._faults, "half_open", True))

    def down(self) -> None:
        """Refuse new connections, and close those there are."""
        self._do(self._down())

    def up(self) -> None:
        """Take connections again, on the same port."""
        self._do(self._up())

    def reset(self) -> None:
        """End all connections there are by RST; new ones are taken."""
        self._do(self._end(list(self._carried), reset=True))

    def cut_request(self, when: Marker, times: int = 1) -> None:
        """Close the connection before that request is whole at the server."""
        self._strike(Kind.CUT_REQUEST, when, times)

    def cut_reply(self, when: Marker, times: int = 1) -> None:
        """Carry that request, wait until the server answers, and close the connection without the answer."""
        self._strike(Kind.CUT_REPLY, when, times)

    def swallow_request(self, when: Marker, times: int = 1) -> None:
        """From that request on nothing is carried, not even the end of the connection: its server waits."""
        self._strike(Kind.SWALLOW_REQUEST, when, times)

    def heal(self) -> None:
        """Take all faults back. A connection that has lost something is reset, as a network does that forgot it."""
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
        if not self._is_up:  # taken in the moment before
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
