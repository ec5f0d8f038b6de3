"""
Fifty greenlets that ask for a key of a hung shard, and one greenlet that asks for a key of another shard.

Run by `python -m gevent.monkey`, which patches as a gevent worker does. Arguments: the URL of the cluster, the key that
hangs, the other key. Prints as JSON the slowest call of each kind in seconds, and the number of calls for the other. A
call for the other key that is not answered in time counts with its time.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress

import gevent

from adapters.redis.client import Client, connect
from adapters.redis.errors import translated_errors
from domain.errors import StoreUnreachable
from tests.support.waiting import Stopwatch


def call(client: Client, key: str) -> None:
    with translated_errors():
        client.get(key)


def seconds_of_a_call(client: Client, key: str) -> float:
    watch = Stopwatch()
    with suppress(StoreUnreachable):
        call(client, key)
    return watch.seconds


def seconds_of_a_refusal(client: Client, key: str) -> float:
    watch = Stopwatch()
    try:
        call(client, key)
    except StoreUnreachable:
        return watch.seconds
    raise AssertionError("the shard does not hang")


def main(url: str, hung: str, alive: str) -> None:
    client = connect(url)
    while True:
        try:
            call(client, alive)
            break
        except StoreUnreachable:  # it asked the hung node for the layout
            gevent.sleep(0)
    waiting = [gevent.spawn(seconds_of_a_refusal, client, hung) for _ in range(50)]
    served = [0.0]
    while not all(one.ready() for one in waiting):
        served.append(seconds_of_a_call(client, alive))
        gevent.sleep(0)
    slowest = {"hung": max(one.get() for one in waiting), "alive": max(served), "calls": len(served)}
    json.dump(slowest, sys.stdout)
    client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
