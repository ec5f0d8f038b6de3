"""
Fifty greenlets ask for a key whose shard hangs, while one asks for another key.

For `python -m gevent.monkey`, which patches as a gevent worker does. Arguments: URL of the cluster, key that hangs, key
that does not. Prints the slowest call of each, in seconds, and how many the one had meanwhile, as JSON.
"""

from __future__ import annotations

import json
import sys
import time

import gevent

from adapters.redis.client import Client, connect
from adapters.redis.errors import translated_errors
from domain.errors import StoreUnreachable


def seconds_of_a_call(client: Client, key: str) -> float:
    began = time.monotonic()
    with translated_errors():
        client.get(key)
    return time.monotonic() - began


def seconds_of_a_refusal(client: Client, key: str) -> float:
    began = time.monotonic()
    try:
        seconds_of_a_call(client, key)
    except StoreUnreachable:
        return time.monotonic() - began
    raise AssertionError("the shard does not hang")


def main(url: str, hung: str, alive: str) -> None:
    client = connect(url)
    while True:
        try:
            seconds_of_a_call(client, alive)
            break
        except StoreUnreachable:  # the node that it asked for the layout hangs
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
