"""The web server as a child process, on an open listening socket."""

from __future__ import annotations

import contextlib
import http.client
import socket
import sys
import time
from collections.abc import Mapping

from entrypoints.processes.child_process import ChildProcess
from entrypoints.processes.errors import WebServerFailed

_CONFIGURATION = "python:entrypoints.http.server.gunicorn_conf"
_STARTING = 30.0
_PAUSE = 0.5
_GRACE = 13.0
"""Seconds: longer than gunicorn's own grace (10 s) and the second in which its workers notice the stop."""


class WebServer:
    """gunicorn with the service in it. It ends with this process."""

    def __init__(self, listener: socket.socket, environ: Mapping[str, str]) -> None:
        """Start gunicorn on the listener, and close it here: the end of gunicorn then frees the port."""
        host, port = listener.getsockname()[:2]
        self._address = ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104 - compared only
        options = ["-c", _CONFIGURATION, "--bind", f"fd://{listener.fileno()}", "--log-level", "warning"]
        self._process = ChildProcess(
            [sys.executable, "-m", "gunicorn", *options, "wsgi:app"], environ=environ, inherit=[listener.fileno()]
        )
        listener.close()
        self._started = time.monotonic()
        self._ask_again = self._started

    def ready(self) -> bool:
        """
        Tell whether `/readyz` answers 200.

        Raises: WebServerFailed, if it has ended, or was not ready within 30 s
        """
        if self.exit_status() is not None:
            raise self.failure("ended")
        if time.monotonic() < self._ask_again:
            return False
        answer = self._readiness()
        self._ask_again = time.monotonic() + _PAUSE
        if answer != "200" and self._ask_again - self._started > _STARTING:
            raise self.failure(f"is not ready: /readyz answers {answer}")
        return answer == "200"

    def exit_status(self) -> int | None:
        """Return its exit status, or None while it runs."""
        return self._process.exit_status()

    def failure(self, what: str) -> WebServerFailed:
        return WebServerFailed(what, self.exit_status())

    def stop(self) -> None:
        """Stop it after the running requests, within gunicorn's grace."""
        self._process.stop(_GRACE)

    def kill(self) -> None:
        self._process.kill()

    def _readiness(self) -> str:
        with contextlib.closing(http.client.HTTPConnection(*self._address, timeout=1)) as connection:
            try:
                connection.request("GET", "/readyz", headers={"Connection": "close"})
                return str(connection.getresponse().status)
            except (OSError, http.client.HTTPException) as error:
                return type(error).__name__
