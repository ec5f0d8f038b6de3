"""gunicorn's gevent worker, in which no connection keeps the others waiting."""

from __future__ import annotations

from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

EXCHANGE_SECONDS = 20.0
"""From a request's headers to the last byte of its answer: longer than the request's own deadline."""


class FairGeventWorker(GeventWorker):
    """
    Bounds what gunicorn does not: a client that pipelines cheap requests would run until it has no more of them, and
    one that does not read its answers would keep its place for ever.
    """

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> bool:
        gevent.sleep(0)  # the turn of the others
        with gevent.Timeout(EXCHANGE_SECONDS) as timeout:
            try:
                return super().handle_request(listener_name, req, sock, addr)
            except gevent.Timeout as ended:
                if ended is not timeout:
                    raise
                raise StopIteration from None  # gunicorn's word for closing the connection
