"""One client's connection through the fault proxy. It looks up the faults before it carries each piece."""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable

from tests.faults.support.network_faults import Faults, Kind, Way

Stream = tuple[StreamReader, StreamWriter]
_PIECE = 65_536
_LONGEST_MARKER = 1_024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger


class _Cut(Exception):
    """The error by which a strike ends the connection."""


class Connection:
    """
    A connection of a client to the server behind the proxy.

    `lost` is true once bytes or a close were silently dropped. `closing` is true once only its ends are to be closed.
    """

    def __init__(self, faults: Faults, client: Stream) -> None:
        self.lost = False
        self.closing = False
        self._faults = faults
        self._ends = [client]
        self._swallowed = False
        self._cut_reply = False

    async def run(self, connect: Callable[[], Awaitable[Stream]]) -> None:
        """Carry both ways until both ends are done, one resets the connection, or a fault ends it."""
        try:
            if self._is_silent():
                await self._stay_silent()
            self._ends.append(await connect())
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._carry_requests())
                ways.create_task(self._carry_replies())
        except* OSError:
            self.end(reset=True)  # the other end gets the same error
        except* _Cut:
            self.end()
        finally:
            await self._close()

    def end(self, *, reset: bool = False) -> None:
        """Close both ends at once, with data still to be sent or read; `reset` closes them by RST."""
        for _, writer in self._ends:
            if reset and not writer.transport.is_closing():
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            writer.transport.abort()

    async def _carry_requests(self) -> None:
        (reader, _), (_, server) = self._ends
        before = b""
        while piece := await self._next(reader, Way.REQUESTS):
            kind = self._faults.strike(before, piece)
            before = (before + piece)[-_LONGEST_MARKER:]
            self._faults.struck += kind in (Kind.CUT_REQUEST, Kind.SWALLOW_REQUEST)
            if kind is Kind.CUT_REQUEST:
                raise _Cut
            if kind is Kind.SWALLOW_REQUEST:
                self._swallowed = self.lost = True
                continue
            self._cut_reply = self._cut_reply or kind is Kind.CUT_REPLY
            server.write(piece)
            await server.drain()
        server.write_eof()

    async def _carry_replies(self) -> None:
        (_, client), (reader, _) = self._ends
        while piece := await self._next(reader, Way.REPLIES):
            if self._cut_reply:
                self._faults.struck += 1
                raise _Cut
            client.write(piece)
            await client.drain()
        client.write_eof()

    async def _next(self, reader: StreamReader, way: Way) -> bytes:
        """Return the next piece to carry, empty at the end. A silent connection never gets a piece or the end."""
        while True:
            piece = await self._read(reader)
            await asyncio.sleep(self._faults.latency[way])
            if not self._is_silent():
                return piece
            if not piece:
                await self._stay_silent()
            self.lost = True

    async def _read(self, reader: StreamReader) -> bytes:
        try:
            return await reader.read(_PIECE)
        except OSError:
            if not self._is_silent():
                raise
            return b""  # a silent connection does not pass on a reset either

    def _is_silent(self) -> bool:
        return self._faults.half_open or self._swallowed

    async def _stay_silent(self) -> None:
        """Wait until the connection is ended."""
        self.lost = True
        await asyncio.Event().wait()

    async def _close(self) -> None:
        self.closing = True
        for _, writer in self._ends:
            writer.close()
        # An end that was reset raises its error again here.
        await asyncio.gather(*(writer.wait_closed() for _, writer in self._ends), return_exceptions=True)
