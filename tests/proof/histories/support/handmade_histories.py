"""Histories made by hand, in which one thing is wrong: all times are seconds after their beginning."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from tests.proof.histories.checkers.checker import Report, check
from tests.proof.histories.checkers.final_state import AccountRow, ClaimRow, Ending, QuoteRow, Stored
from tests.proof.histories.faults.fault_log import Course, Fault, Window
from tests.proof.histories.history import Answer, Asked, Kind, Operation, Outcome, fate

QUOTE, KEY = "qt_1", "q:1"
KILL = Fault(100.0, 102.0)
"""Of every slot's primary."""
STALE = replace(KILL, stale=Window(110.0, 115.0))
AFTER = 130.0
"""When there is no trouble any more."""


def asked(kind: Kind, at: float, number: int | None = None, email: str | None = None, **answer: Any) -> Operation:
    """It takes a tenth of a second; the client is told of the error, or else that it was done."""
    error = answer.get("error")
    outcome = Outcome.OK if error is None else fate(kind, error.__new__(error))
    return Operation(Asked("c1", kind, QUOTE, number, email), at, at + 0.1, outcome, Answer(**answer))


def start(at: float = 1.0, **answer: Any) -> Operation:
    return asked(Kind.START, at, **answer)


def save(number: int, at: float, **answer: Any) -> Operation:
    return asked(Kind.SAVE, at, number, **answer)


def read(at: float, shown: int | None = None, **answer: Any) -> Operation:
    operation = asked(Kind.READ, at, **answer)
    return replace(operation, answer=replace(operation.answer, number=shown))


def claim(at: float, email: str = "maria", account_id: str | None = "ac_maria", **answer: Any) -> Operation:
    return asked(Kind.CLAIM, at, email=email, account_id=account_id, **answer)


def refused(at: float, error: type[Exception], email: str = "juan", **answer: Any) -> Operation:
    """A claim that was."""
    return claim(at, email, None, error=error, **answer)


def discard(at: float, **answer: Any) -> Operation:
    return asked(Kind.DISCARD, at, **answer)


OPENED = (start(), save(1, 2.0), save(2, 3.0))
"""A quote that is left open."""
CLAIMED = (*OPENED, claim(4.0))
NOTHING = Ending(names={QUOTE: KEY})
OPEN = replace(NOTHING, stored=(Stored(KEY, number=2),))
DONE = Ending(
    accounts=(AccountRow("ac_maria", "maria"),),
    claims=(ClaimRow(QUOTE, "ac_maria"),),
    quotes=(QuoteRow(QUOTE, "ac_maria", 2),),
    stored=(Stored(KEY),),
    names={QUOTE: KEY},
)
"""What is left of `CLAIMED`."""


def holding(ending: Ending, number: int) -> Ending:
    """The same, with that number saved last."""
    return replace(
        ending,
        quotes=tuple(replace(row, number=number) for row in ending.quotes),
        stored=tuple(replace(one, number=number) if one.number is not None else one for one in ending.stored),
    )


def report(history: tuple[Operation, ...], ending: Ending, *faults: Fault, reconciled: float = math.inf) -> Report:
    return check(history, ending, Course(faults, reconciled))


def broken(*of: Any) -> list[str]:
    """Which promises a history has not kept."""
    return [violation.partition(":")[0] for violation in report(*of).violations]
