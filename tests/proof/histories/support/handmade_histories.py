"""Histories made by hand, each with one error. Times are seconds after the start."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from tests.proof.histories.checkers.checker import Report, check
from tests.proof.histories.checkers.final_state import AccountRow, ClaimRow, FinalState, QuoteRow, RedisKey
from tests.proof.histories.faults.fault_log import Fault, FaultLog, Window
from tests.proof.histories.history import Answer, Invocation, Kind, Operation, Outcome, outcome_of

QUOTE, KEY = "qt_1", "q:1"
KILL = Fault(100.0, 102.0)
"""A fault of all primaries."""
STALE = replace(KILL, stale=Window(110.0, 115.0))
AFTER = 130.0
"""A time after all faults."""


def operation_at(
    kind: Kind, at: float, number: int | None = None, email: str | None = None, **answer: Any
) -> Operation:
    """Return an operation of 0.1 s; it fails with `error`, if that is given."""
    error = answer.get("error")
    outcome = Outcome.OK if error is None else outcome_of(kind, error.__new__(error))
    return Operation(Invocation("c1", kind, QUOTE, number, email), at, at + 0.1, outcome, Answer(**answer))


def start(at: float = 1.0, **answer: Any) -> Operation:
    return operation_at(Kind.START, at, **answer)


def save(number: int, at: float, **answer: Any) -> Operation:
    return operation_at(Kind.SAVE, at, number, **answer)


def read(at: float, shown: int | None = None, **answer: Any) -> Operation:
    operation = operation_at(Kind.READ, at, **answer)
    return replace(operation, answer=replace(operation.answer, number=shown))


def claim(at: float, email: str = "maria", account_id: str | None = "ac_maria", **answer: Any) -> Operation:
    return operation_at(Kind.CLAIM, at, email=email, account_id=account_id, **answer)


def refused(at: float, error: type[Exception], email: str = "juan", **answer: Any) -> Operation:
    """Return a refused claim."""
    return claim(at, email, None, error=error, **answer)


def discard(at: float, **answer: Any) -> Operation:
    return operation_at(Kind.DISCARD, at, **answer)


OPENED = (start(), save(1, 2.0), save(2, 3.0))
"""A quote that is left open."""
CLAIMED = (*OPENED, claim(4.0))
NOTHING = FinalState(names={QUOTE: KEY})
OPEN = replace(NOTHING, stored=(RedisKey(KEY, number=2),))
DONE = FinalState(
    accounts=(AccountRow("ac_maria", "maria"),),
    claims=(ClaimRow(QUOTE, "ac_maria"),),
    quotes=(QuoteRow(QUOTE, "ac_maria", 2),),
    stored=(RedisKey(KEY),),
    names={QUOTE: KEY},
)
"""The final state after `CLAIMED`."""


def holding(final_state: FinalState, number: int) -> FinalState:
    """Return the same state with that number as the last save."""
    return replace(
        final_state,
        quotes=tuple(replace(row, number=number) for row in final_state.quotes),
        stored=tuple(replace(one, number=number) if one.number is not None else one for one in final_state.stored),
    )


def report(
    history: tuple[Operation, ...], final_state: FinalState, *faults: Fault, reconciled: float = math.inf
) -> Report:
    return check(history, final_state, FaultLog(faults, reconciled))


def broken(*of: Any) -> list[str]:
    """Return the names of the broken invariants."""
    return [violation.partition(":")[0] for violation in report(*of).violations]
