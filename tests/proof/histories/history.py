"""What clients did, and what they were told: each operation is ok, fail or unknown, in the words of Jepsen."""

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
    """What a client can ask for."""

    START = "start"
    SAVE = "save"
    READ = "read"
    CLAIM = "claim"
    DISCARD = "discard"


class Outcome(enum.StrEnum):
    """What is known of an operation once it has ended."""

    OK = "ok"
    """It was done, and the client was told so."""
    FAIL = "fail"
    """It was certainly not done."""
    UNKNOWN = "unknown"
    """It may have been done, and nobody was told."""


FATES: dict[type[Exception], Outcome] = {
    RequestRefused: Outcome.FAIL,
    Overloaded: Outcome.FAIL,  # refused for want of a connection
    StoreFull: Outcome.FAIL,  # the server refuses before the script runs, here and for StoreReadOnly
    StoreReadOnly: Outcome.FAIL,
    StoreUnavailable: Outcome.UNKNOWN,  # StoreUnreachable above all: the command may have run, or run later
    DatabaseUnavailable: Outcome.FAIL,  # certainly not committed
    CommitUnknown: Outcome.UNKNOWN,
    Exception: Outcome.UNKNOWN,
}
"""What an error says of an operation that writes; the nearest ancestor counts. A read that fails has done nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """By whom, and for what: the number that is saved, or the e-mail that claims."""

    client: str
    kind: Kind
    quote_id: str = ""
    number: int | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client was told, as far as its kind of operation tells it. `number` is what a read showed."""

    quote_id: str = ""
    revision: int | None = None
    number: int | None = None
    account_id: str | None = None
    is_pending: bool = False
    error: type[Exception] | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. Times are seconds of a clock that all clients share and that never goes back."""

    asked: Asked
    invoked: float
    completed: float
    outcome: Outcome
    answer: Answer

    @property
    def kind(self) -> Kind:
        return self.asked.kind

    @property
    def quote_id(self) -> str:
        """Empty for a start that was not answered."""
        return self.asked.quote_id or self.answer.quote_id

    @property
    def number(self) -> int:
        """What was saved; a start saves nought."""
        return self.asked.number or 0

    @property
    def is_ok(self) -> bool:
        return self.outcome is Outcome.OK

    @property
    def may_be_done(self) -> bool:
        return self.outcome is not Outcome.FAIL

    def met(self, *errors: type[Exception]) -> bool:
        """Whether it ended with one of them."""
        return self.answer.error is not None and issubclass(self.answer.error, errors)

    @property
    def was_refused(self) -> bool:
        """Whether a server was away, as far as the client was told."""
        return self.met(Unavailable)

    def __str__(self) -> str:
        what = {Kind.SAVE: f" {self.number}", Kind.CLAIM: f" as {self.asked.email}"}.get(self.kind, "")
        error = f" ({self.answer.error.__name__})" if self.answer.error else ""
        return (
            f"{self.kind}{what} of {self.quote_id} by {self.asked.client}, {self.outcome}{error}, "
            f"{self.invoked:.3f} to {self.completed:.3f}"
        )


def fate(kind: Kind, error: Exception) -> Outcome:
    """What is known of an operation that raised this."""
    if kind is Kind.READ and isinstance(error, QuoteholdError):
        return Outcome.FAIL
    return next(FATES[ancestor] for ancestor in type(error).__mro__ if ancestor in FATES)


class Recorder:
    """Writes down the operations of any number of threads."""

    def __init__(self) -> None:
        self._operations: list[Operation] = []
        self._lock = threading.Lock()

    @property
    def operations(self) -> list[Operation]:
        """So far, in the order in which they ended."""
        with self._lock:
            return list(self._operations)

    def run(self, asked: Asked, call: Callable[[], Answer]) -> Operation:
        """Make the call. What it raises is an answer too."""
        invoked = time.monotonic()
        try:
            answer, outcome = call(), Outcome.OK
        except Exception as error:  # noqa: BLE001 - as is said above
            answer, outcome = Answer(error=type(error), words=str(error)), fate(asked.kind, error)
        operation = Operation(asked, invoked, time.monotonic(), outcome, answer)
        with self._lock:
            self._operations.append(operation)
        return operation
