"""Interception of secrets where they are made or sent, and of every log record."""

from __future__ import annotations

import functools
import http.client
import logging
from collections.abc import Callable
from typing import Any

from adapters.argon2 import Argon2PasswordHasher
from adapters.keyring import Keyring
from adapters.memory.sessions import MemorySessions
from adapters.redis.sessions import RedisSessions
from tests.doubles.hashers import KeyedHasher, PlainPasswordHasher
from tests.secrecy.ledger import Kind, Ledger, Source
from tests.secrecy.watch import Watch

_EVERYTHING = 1
"""A level that no other code sets."""


def intercept(watch: Watch) -> None:
    """
    Note secrets and log records until the end of this process.

    A secret that a process of the service makes is noted when its answer is read.
    """
    ledger = watch.ledger
    _around(Keyring, "issue", after=lambda issued: ledger.note(Kind.QUOTE_TOKEN, issued[1]))
    for sessions in (RedisSessions, MemorySessions):
        _around(sessions, "open", after=lambda access: ledger.note(Kind.ACCESS_TOKEN, access.token))
    for hasher in (Argon2PasswordHasher, PlainPasswordHasher, KeyedHasher):
        for method in ("hash", "verify"):
            _around(hasher, method, before=lambda password: ledger.note(Kind.PASSWORD, password))
    _around(http.client.HTTPConnection, "send", before=functools.partial(_note_text, ledger))
    _around(http.client.HTTPResponse, "read", after=functools.partial(_note_text, ledger))
    _capture_loggers(watch)


def _note_text(ledger: Ledger, data: object) -> None:
    if isinstance(data, bytes):
        ledger.note_text(data)


def _around(
    owner: type, method: str, *, before: Callable[[Any], None] | None = None, after: Callable[[Any], None] | None = None
) -> None:
    """Pass on the method's last argument before each call, or its result after it."""
    honest = getattr(owner, method)

    @functools.wraps(honest)
    def call(*args: Any, **more: Any) -> Any:
        if before:
            before([*args, *more.values()][-1])
        result = honest(*args, **more)
        if after:
            after(result)
        return result

    setattr(owner, method, call)


class _LogCapture(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.keep(Source.LOG, "", [self.format(record).encode("utf-8", "backslashreplace")])


def _capture_loggers(watch: Watch) -> None:
    """
    Capture the records of all loggers, at every level.

    A handler at the root would miss loggers that do not propagate. All other handlers get the records that they would
    get without this one.
    """
    capture, honest, root = _LogCapture(watch), logging.Logger.callHandlers, logging.getLogger()

    @functools.wraps(honest)
    def call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
        capture.handle(record)
        if record.levelno >= before or self.getEffectiveLevel() != _EVERYTHING:
            honest(self, record)

    logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign]  # the one place all loggers pass
    before = root.level
    root.setLevel(_EVERYTHING)
