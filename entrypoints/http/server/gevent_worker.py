"""gunicorn's gevent worker, changed so that no connection blocks the others."""

from __future__ import annotations

import time
from typing import Any

import gevent
from gunicorn.http.body import ChunkedReader
from gunicorn.util import close_graceful
from gunicorn.workers.ggevent import GeventWorker

EXCHANGE_SECONDS = 20.0
"""Time from a request's headers to the last byte of its answer: longer than the request's own deadline."""
_TURN_SECONDS = 0.005
_STEP = 4 * 1024
"""Bytes of a chunked body that are read at once. In chunks of one byte, they take 9 ms."""
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 1024 * 1024


class FairGeventWorker(GeventWorker):
    """
    A gevent worker with three bounds that gunicorn lacks. A client that pipelines cheap requests yields after each, and
    a client that sends its body in tiny chunks yields in between. The connection of a client that does not read its
    answer is closed after EXCHANGE_SECONDS.

    As gunicorn's other workers do, it also lets a client that is still sending read its refusal. A connection that is
    closed with unread bytes is reset, and most systems then discard the answer.
    """

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> bool:
        gevent.sleep(0)  # lets other connections run
        _say_close_after_half_a_body(req)
        if isinstance(req.body.reader, ChunkedReader):
            req.body.reader = FairReader(req.body.reader)
        try:
            return self._within_its_time(listener_name, req, sock, addr)
        except StopIteration:
            if req.body.failed:
                close_graceful(sock, _LINGER_SECONDS, _LINGER_BYTES)
            raise

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        super().handle_error(req, client, addr, exc)
        close_graceful(client, _LINGER_SECONDS, _LINGER_BYTES)

    def _within_its_time(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> bool:
        with gevent.Timeout(EXCHANGE_SECONDS) as timeout:
            try:
                return super().handle_request(listener_name, req, sock, addr)
            except gevent.Timeout as ended:
                if ended is not timeout:
                    raise
                raise StopIteration from None  # gunicorn closes the connection at this exception


class FairReader:
    """A reader of bodies that lets other greenlets run, also if the next bytes have always arrived."""

    def __init__(self, reader: ChunkedReader) -> None:
        self._reader = reader
        self._began = time.monotonic()

    def read(self, size: int) -> bytes:
        if time.monotonic() - self._began > _TURN_SECONDS:
            gevent.sleep(0)
            self._began = time.monotonic()
        return self._reader.read(min(size, _STEP))


def _say_close_after_half_a_body(req: Any) -> None:
    """Make the answer say `Connection: close` after a failed body: gunicorn closes the connection then."""
    closes = req.should_close
    req.should_close = lambda: req.body.failed or closes()
