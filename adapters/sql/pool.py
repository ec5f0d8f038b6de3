"""The pool, as every kind of database needs it."""

from __future__ import annotations

import os
from typing import Any

from playhouse.pool import PooledDatabase

MOST_AGE = 300
"""Seconds for which one connection is used: so that what stands behind a name or a balancer may change."""


class ProcessPool(PooledDatabase):
    """
    Connections of one process. One that was inherited over a fork belongs to the parent, which still talks on it:
    the child forgets them all and opens its own.
    """

    def __init__(self, database: str, **options: Any) -> None:
        self._process = os.getpid()
        super().__init__(database, autoconnect=False, **options)

    def connect(self, reuse_if_open: bool = False) -> bool:
        if self._process != os.getpid():
            self.dispose()
            self._process = os.getpid()
        return super().connect(reuse_if_open)

    def abandon(self, connection: Any) -> None:
        """Close a connection of this thread for good, wherever its return to the pool may have been interrupted."""
        self._close(connection, close_conn=True)
        self._state.reset()
