"""Decorators that make a method a rule of the machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from hypothesis.stateful import precondition, rule

from tests.proof.http.harness.operations import Operations
from tests.proof.http.model.account_model import AccountModel

RuleFunction = Callable[..., Any]

STEPS_BETWEEN_READ_ONLY_RULES = 2


def counted_rule(**given: Any) -> Callable[[RuleFunction], RuleFunction]:
    """
    Make a rule that is counted by its name.

    It draws a quote as a number, so that a failing program can be read, and passes the quote.
    """

    def decorate(function: RuleFunction) -> RuleFunction:
        @wraps(function)
        def counted(machine: Operations, **drawn: Any) -> None:
            machine.begin_step(function.__name__)
            function(machine, **{name: machine.resolve(name, value) for name, value in drawn.items()})

        marked: Any = rule(**given)
        return cast("RuleFunction", marked(counted))

    return decorate


def read_only_rule(**given: Any) -> Callable[[RuleFunction], RuleFunction]:
    """Make a rule without effect, which runs less often than the others."""

    def decorate(function: RuleFunction) -> RuleFunction:
        @wraps(function)
        def uncounted(machine: Operations, **drawn: Any) -> None:
            machine.steps_since_read_only_rule = 0
            function(machine, **drawn)

        return precondition(lambda machine: machine.steps_since_read_only_rule > STEPS_BETWEEN_READ_ONLY_RULES)(
            counted_rule(**given)(uncounted)
        )

    return decorate


def when(condition: Callable[[AccountModel], bool]) -> Callable[[RuleFunction], RuleFunction]:
    return precondition(lambda machine: condition(machine.model))
