"""Redis Cluster: a client that connects at its first command, and reads the layout in a thread of its own."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from redis.backoff import NoBackoff
from redis.cluster import PRIMARY, ClusterNode, NodesManager, RedisCluster
from redis.exceptions import (
    AskError,
    ConnectionError,  # noqa: A004 - the vendor's name
    MovedError,
    SlotNotCoveredError,
)
from redis.retry import Retry

from adapters.redis.options import DEADLINE, PlainConnection, TlsConnection

_log = logging.getLogger("quotehold.store")
_PAUSE = 0.1
"""Seconds between two reads of the layout. A read costs some 2 ms of CPU, and each failed request asks for one."""

Nodes = tuple[tuple[str, int], ...]


class ClusterClient:
    """
    The commands of a cluster. It connects at the first command.

    A request never reads the layout itself, because the node that it would ask may hang too. It fails at once, and a
    thread reads the layout, one read at a time. The given `nodes` are asked too if all known nodes are gone.
    """

    def __init__(self, nodes: Nodes, context: ssl.SSLContext | None, options: dict[str, Any]) -> None:
        # At DEBUG redis-py logs commands with their arguments: customers' details.
        logging.getLogger("redis.cluster").setLevel(logging.INFO)
        self._make = partial(_Cluster, nodes, context, options, self._look_again)
        self._cluster: _Cluster | None = None
        self._failure: Exception | None = None
        self._lock = threading.Lock()
        self._look: threading.Thread | None = None
        self._next_look = 0.0

    def get(self, name: str, /) -> Any:
        return self._connected().get(name)

    def evalsha(self, sha: str, numkeys: int, /, *keys_and_args: bytes | str | int) -> Any:
        return self._connected().evalsha(sha, numkeys, *keys_and_args)

    def eval(self, script: str, numkeys: int, /, *keys_and_args: bytes | str | int) -> Any:
        return self._connected().eval(script, numkeys, *keys_and_args)

    def whole(self) -> RedisCluster:
        """Return redis-py's own client, for questions about all nodes."""
        return self._connected()

    def close(self) -> None:
        if self._look:
            self._look.join()
        if self._cluster:
            self._cluster.disconnect_connection_pools()  # type: ignore[no-untyped-call]  # untyped in redis-py

    def _connected(self) -> _Cluster:
        if self._cluster is None:
            self._look_again().join(DEADLINE)
        if self._cluster is None:
            raise ConnectionError(f"the cluster was not reached: {self._failure or 'no answer yet'}")
        return self._cluster

    def _look_again(self) -> threading.Thread:
        """Start a thread that reads the layout, unless one is at it or has just done it. Return the last thread."""
        with self._lock:
            if self._look is None or (not self._look.is_alive() and time.monotonic() >= self._next_look):
                self._look = threading.Thread(target=self._read_layout, name="cluster-layout", daemon=True)
                self._look.start()
            return self._look

    def _read_layout(self) -> None:
        try:
            if self._cluster is None:
                self._cluster = self._make()
            else:
                self._cluster.layout.read()
        except Exception as error:  # noqa: BLE001 - redis-py raises several kinds; the requests report them
            self._failure = error
            _log.warning("the cluster's layout could not be read: %s", error)
        self._next_look = time.monotonic() + _PAUSE


class _Cluster(RedisCluster):
    """redis-py's client, without repeats after a time-out, and without waiting for any node but the key's own."""

    ERRORS_ALLOW_RETRY = (ConnectionError,)  # type: ignore[assignment]  # redis-py's type is its own three errors

    def __init__(
        self, nodes: Nodes, context: ssl.SSLContext | None, options: dict[str, Any], look_again: Callable[[], object]
    ) -> None:
        # Not by `transport`: redis-py does not pass its keyword `context` on to the connections.
        connection = partial(TlsConnection, context=context) if context else PlainConnection
        (host, port), *others = nodes
        super().__init__(
            url=f"redis://[{host}]:{port}" if ":" in host else f"redis://{host}:{port}",
            startup_nodes=[ClusterNode(*node) for node in others],
            require_full_coverage=False,
            reinitialize_steps=0,
            retry=Retry(NoBackoff(), 1),
            connection_class=connection,
            **options,
        )
        self.layout = _Layout.of(self.nodes_manager, nodes, look_again)
        self.nodes_manager = self.layout

    def command(self, **_: Any) -> dict[str, dict[str, Any]]:
        """
        Return the places of the keys in the commands that are sent besides scripts. redis-py would ask the first
        primary for some 200 KiB, and that node may hang.
        """
        place = {"flags": [], "first_key_pos": 1, "last_key_pos": 1, "step_count": 1}
        return {name: {"name": name, **place} for name in ("get", "getrange", "pttl")}

    def get_node(self, host: str | None = None, port: int | None = None, node_name: str | None = None) -> ClusterNode:
        """
        Return the node, even if it joined after the layout was read and a slot is moving to it: redis-py returns None.
        """
        known: ClusterNode | None = super().get_node(host, port, node_name)  # type: ignore[no-untyped-call]  # as above
        return known or self.layout.add(str(node_name))


class _Layout(NodesManager):
    """The layout: the nodes and their slots. Only `read` reads it."""

    _nodes: Nodes
    _look_again: Callable[[], object]

    @classmethod
    def of(cls, read: NodesManager, nodes: Nodes, look_again: Callable[[], object]) -> _Layout:
        """Return the layout that redis-py has read in its constructor."""
        layout = cls.__new__(cls)
        vars(layout).update(vars(read), _nodes=nodes, _look_again=look_again)
        return layout

    def initialize(self, *_: Any, **__: Any) -> None:
        """Let a thread read the layout. redis-py calls this within a failed request, and would ask node after node."""
        self._look_again()

    def read(self) -> None:
        """Ask the known nodes, then the given ones. The requests' connections stay open."""
        super().initialize(list(self._nodes), disconnect_startup_nodes_pools=False)

    def get_node_from_slot(self, slot: int, *args: Any, **options: Any) -> ClusterNode:
        """Return the slot's node. If no node has the slot, let a thread read the layout again: redis-py would not."""
        try:
            return super().get_node_from_slot(slot, *args, **options)
        except SlotNotCoveredError:
            self._look_again()
            raise

    def move_slot(self, moved: AskError | MovedError) -> None:
        """Note the slot's move, even if the layout, read again meanwhile, lacks the slot."""
        with self._lock:
            self.slots_cache.setdefault(moved.slot_id, [])
            super().move_slot(moved)

    def move_node_to_end_of_cached_nodes(self, node_name: str) -> None:
        """Do nothing: `read` asks in random order, and redis-py would move the node without a lock."""

    def add(self, name: str) -> ClusterNode:
        host, _, port = name.rpartition(":")
        node = ClusterNode(host, int(port), PRIMARY)
        with self._lock:
            return self.nodes_cache.setdefault(name, node)
