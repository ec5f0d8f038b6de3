"""The history: each operation of a client with its outcome, ok, fail or unknown, as in Jepsen."""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from domain.errors import (
    CommitUnknown,
    DatabaseUnavailable,
    Overloaded,
    QuoteholdError,
    RequestRefused,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    Unavailable,
)


class Kind(enum.StrEnum):
    """The kind of an operation."""

    START = "start"
    SAVE = "save"
    READ = "read"
    CLAIM = "claim"
    DISCARD = "discard"


class Outcome(enum.StrEnum):
    """The knowledge of an operation after its end."""

    OK = "ok"
    """Done, and acknowledged to the client."""
    FAIL = "fail"
    """Certainly not done."""
    UNKNOWN = "unknown"
    """Perhaps done; never acknowledged."""


OUTCOMES: dict[type[Exception], Outcome] = {
    RequestRefused: Outcome.FAIL,
    Overloaded: Outcome.FAIL,  # refused for want of a connection
    StoreFull: Outcome.FAIL,  # the server refuses before the script runs, here and for StoreReadOnly
    StoreReadOnly: Outcome.FAIL,
    StoreUnavailable: Outcome.UNKNOWN,  # StoreUnreachable above all: the command may have run, or run later
    DatabaseUnavailable: Outcome.FAIL,  # certainly not committed
    CommitUnknown: Outcome.UNKNOWN,
    Exception: Outcome.UNKNOWN,
}
"""The outcome of a write by its error; the nearest ancestor counts. A failed read has done nothing."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """An operation as it was invoked: its client, and the number to save or the e-mail of the claim."""

    client: str
    kind: Kind
    quote_id: str = ""
    number: int | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. Each kind of operation fills some of the fields; `number` is the number that a read showed."""

    quote_id: str = ""
    revision: int | None = None
    number: int | None = None
    account_id: str | None = None
    is_pending: bool = False
    error: type[Exception] | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. Times are in seconds of a monotonic clock that all clients share."""

    invocation: Invocation
    invoked: float
    completed: float
    outcome: Outcome
    answer: Answer

    @property
    def kind(self) -> Kind:
        return self.invocation.kind

    @property
    def quote_id(self) -> str:
        """The quote; empty for a start without an answer."""
        return self.invocation.quote_id or self.answer.quote_id

    @property
    def number(self) -> int:
        """The saved number; 0 for a start."""
        return self.invocation.number or 0

    @property
    def is_ok(self) -> bool:
        return self.outcome is Outcome.OK

    @property
    def may_be_done(self) -> bool:
        return self.outcome is not Outcome.FAIL

    def met(self, *errors: type[Exception]) -> bool:
        """Return whether it ended with one of these errors."""
        return self.answer.error is not None and issubclass(self.answer.error, errors)

    @property
    def was_refused(self) -> bool:
        """Return whether the client heard that a server is unavailable."""
        return self.met(Unavailable)

    def __str__(self) -> str:
        what = {Kind.SAVE: f" {self.number}", Kind.CLAIM: f" as {self.invocation.email}"}.get(self.kind, "")
        error = f" ({self.answer.error.__name__})" if self.answer.error else ""
        return (
            f"{self.kind}{what} of {self.quote_id} by {self.invocation.client}, {self.outcome}{error}, "
            f"{self.invoked:.3f} to {self.completed:.3f}"
        )


def outcome_of(kind: Kind, error: Exception) -> Outcome:
    """Return the outcome of an operation that raised this error."""
    if kind is Kind.READ and isinstance(error, QuoteholdError):
        return Outcome.FAIL
    return next(OUTCOMES[ancestor] for ancestor in type(error).__mro__ if ancestor in OUTCOMES)


class Recorder:
    """Records the operations of any number of threads."""

    def __init__(self) -> None:
        self._operations: list[Operation] = []
        self._lock = threading.Lock()

    @property
    def operations(self) -> list[Operation]:
        """The operations so far, in the order of their completion."""
        with self._lock:
            return list(self._operations)

    def run(self, invocation: Invocation, call: Callable[[], Answer]) -> Operation:
        """Make the call and record it; an error is an answer too."""
        invoked = time.monotonic()
        try:
            answer, outcome = call(), Outcome.OK
        except Exception as error:  # noqa: BLE001 - an error is an answer too
            answer, outcome = Answer(error=type(error), words=str(error)), outcome_of(invocation.kind, error)
        operation = Operation(invocation, invoked, time.monotonic(), outcome, answer)
        with self._lock:
            self._operations.append(operation)
        return operation
