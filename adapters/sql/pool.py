"""The connection pool that all kinds of databases share, for a worker with deadlines on its requests."""

from __future__ import annotations

import abc
import heapq
import os
import time
from contextlib import nullcontext
from queue import Empty, SimpleQueue
from typing import Any

from playhouse.pool import MaxConnectionsExceeded, PoolConnection, PooledDatabase

MOST_AGE = 300
"""Seconds for which one connection is used, so that the server behind a name or a balancer may change."""


class ProcessPool(PooledDatabase):
    """
    The connections of one process. A connection that was inherited over a fork belongs to the parent, which still uses
    it. So the child forgets all of them and opens its own.

    Unlike peewee's pool, it holds no lock while it talks to a server. If that server hung, every request would wait for
    the connecting one, and a deadline during the return of a connection would lose its place. Nobody waits in this
    pool: each user has taken a slot before.
    """

    def __init__(self, database: str, **options: Any) -> None:
        self._process = os.getpid()
        super().__init__(database, autoconnect=False, **options)
        self._lock = nullcontext()  # peewee guards by it only data of each thread's own

    def connect(self, reuse_if_open: bool = False) -> bool:
        if self._process != os.getpid():
            self.dispose()
            self._process = os.getpid()
        return super().connect(reuse_if_open)

    def close_idle(self) -> None:
        with self._pool_lock:
            idle, self._connections = self._connections, []
        for _, _, connection in idle:
            self._close_raw(connection)

    def abandon(self, connection: Any) -> None:
        """Close a connection of this thread for good, even if its return to the pool was interrupted at any point."""
        self._state.reset()
        self._give_up(connection)
        self._close_raw(connection)

    @abc.abstractmethod
    def _open(self) -> Any:
        """Open a new connection to the server, by the driver, and return it."""

    def _connect(self) -> Any:
        place = object()
        old: list[Any] = []
        with self._pool_lock:
            found = self._idle(old)
            if found is None:
                if len(self._in_use) >= self._max_connections:
                    raise MaxConnectionsExceeded
                self._take(place)
        for connection in old:
            self._close_raw(connection)
        return found or self._connected(place)

    def _idle(self, old: list[Any]) -> Any:
        """Return an idle connection that can be used, or None. Put the unusable ones into `old`."""
        while self._connections:
            made, _, connection = heapq.heappop(self._connections)
            if self._is_closed(connection) or (self._stale_timeout and self._is_stale(made)):
                old.append(connection)
            else:
                self._take(connection, made)
                return connection
        return None

    def _connected(self, place: object) -> Any:
        """Open a new connection in the place that is kept for it, and return it."""
        try:
            connection = self._open()
        except BaseException:  # a deadline too: the place is free again
            self._give_up(place)
            raise
        with self._pool_lock:
            del self._in_use[self.conn_key(place)]
            self._take(connection)
        return connection

    def _take(self, connection: object, made: float | None = None) -> None:
        now = time.time()
        self._in_use[self.conn_key(connection)] = PoolConnection(made or now, connection, now)

    def _give_up(self, connection: object) -> None:
        with self._pool_lock:
            self._in_use.pop(self.conn_key(connection), None)
            self._pool_available.notify()


class Slots:
    """
    A limit on concurrent uses. It is a queue of tokens: Python's semaphore is several locks, and a deadline between
    two of them loses a slot, or makes one too many.
    """

    def __init__(self, most: int) -> None:
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(most):
            self._free.put(None)

    def acquire(self, timeout: float) -> bool:
        """Take a slot. Return whether one was free within that time, in seconds."""
        try:
            self._free.get(timeout=timeout)
        except Empty:
            return False
        return True

    def release(self) -> None:
        self._free.put(None)
