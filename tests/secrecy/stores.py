"""The keys and values of a Redis, and the commands that it got."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from tests.secrecy.ledger import Source
from tests.secrecy.watch import Watch, current

ALL = -1
_Command = Sequence[str | bytes | int]


def watched() -> list[str]:
    """
    Return the lines of configuration for a server that is to be searched.

    Its slow log then has every command with its arguments, and its files can be read.
    """
    return ["slowlog-log-slower-than 0", "slowlog-max-len 1000000", "rdbcompression no"] if current() else []


def keep_store(client: Redis, name: str, into: Watch | None = None, *, commands: int = ALL) -> None:
    """
    Save all keys, values and the latest commands of the slow log for the search of this run, or for that of `into`.

    A server that has ended is counted.
    """
    if not (watch := into or current()):
        return
    watch.figures["stores"] += 1
    try:
        _keep(watch, _Asking(client), name, commands)
    except (RedisError, OSError):
        watch.figures["stores that had ended"] += 1


class _Asking:
    """A connection that reads most answers as bytes, without parsing them."""

    def __init__(self, client: Redis) -> None:
        self._connection: Any = client.connection_pool.get_connection()

    def ask(self, *command: str | bytes | int) -> Any:
        self._connection.send_command(*command)
        return self._connection.read_response()

    def raw(self, commands: list[_Command]) -> bytes:
        end = secrets.token_hex(16)
        self._connection.send_packed_command(self._connection.pack_commands([*commands, ("ECHO", end)]))
        received, last = bytearray(), f"{end}\r\n".encode()
        while not received.endswith(last):
            if not (piece := self._connection._sock.recv(1 << 20)):
                raise ConnectionResetError
            received += piece
        return bytes(received)

    def databases(self) -> Iterator[int]:
        """Select each database with keys in turn, and yield its number."""
        for number in re.findall(rb"db(\d+):keys", self.ask("INFO", "keyspace")):
            with suppress(RedisError):  # a user may have no access to any database but the first
                self.ask("SELECT", int(number))
                yield int(number)

    def close(self) -> None:
        self._connection.disconnect()


def _keep(watch: Watch, store: _Asking, name: str, commands: int) -> None:
    try:
        watch.figures["commands"] += int(store.ask("SLOWLOG", "LEN"))
        watch.keep(Source.SLOWLOG, name, [store.raw([("SLOWLOG", "GET", commands)])])
        for number in store.databases():
            keys = store.ask("KEYS", "*")
            watch.figures["keys"] += len(keys)
            watch.keep(Source.KEYS, f"{name}/{number}", [*keys, store.raw([("GET", key) for key in keys])])
    finally:
        store.close()
