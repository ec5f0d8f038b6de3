"""gunicorn's gevent worker, in which no connection keeps the others waiting."""

from __future__ import annotations

import time
from typing import Any

import gevent
from gunicorn.http.body import ChunkedReader
from gunicorn.util import close_graceful
from gunicorn.workers.ggevent import GeventWorker

EXCHANGE_SECONDS = 20.0
"""From a request's headers to the last byte of its answer: longer than the request's own deadline."""
_TURN_SECONDS = 0.005
_STEP = 4 * 1024
"""Bytes of a chunked body that are read at once: in chunks of one byte they take 9 ms."""
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 1024 * 1024


class FairGeventWorker(GeventWorker):
    """
    Bounds what gunicorn does not: a client that pipelines cheap requests would run until it has no more of them, one
    that sends its body in tiny chunks until that is read, and one that does not read its answers would keep its place
    for ever. And as gunicorn's other workers do, it lets a client that is still sending read its refusal: a connection
    that is closed upon unread bytes is reset, and most systems then throw away what has arrived.
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
                raise StopIteration from None  # gunicorn's word for closing the connection


class FairReader:
    """A reader of bodies that lets others run in between, also where the next bytes are always there."""

    def __init__(self, reader: ChunkedReader) -> None:
        self._reader = reader
        self._began = time.monotonic()

    def read(self, size: int) -> bytes:
        if time.monotonic() - self._began > _TURN_SECONDS:
            gevent.sleep(0)
            self._began = time.monotonic()
        return self._reader.read(min(size, _STEP))


def _say_close_after_half_a_body(req: Any) -> None:
    """gunicorn closes after a body that has failed; asked while the answer is written, the request says so in it."""
    closes = req.should_close
    req.should_close = lambda: req.body.failed or closes()
