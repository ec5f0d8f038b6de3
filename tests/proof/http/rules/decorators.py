"""How a method becomes a rule of the machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from hypothesis.stateful import precondition, rule

from tests.proof.http.harness.operations import Acts
from tests.proof.http.model.account_model import AccountModel

Step = Callable[..., Any]

STEPS_BETWEEN_GLANCES = 2


def step(**given: Any) -> Callable[[Step], Step]:
    """
    A rule that is counted by its name. What it draws as a quote is a number, so that a failing program can be read; it
    gets the quote.
    """

    def decorate(function: Step) -> Step:
        @wraps(function)
        def counted(machine: Acts, **drawn: Any) -> None:
            machine.begin_step(function.__name__)
            function(machine, **{name: machine.found(name, value) for name, value in drawn.items()})

        marked: Any = rule(**given)
        return cast("Step", marked(counted))

    return decorate


def glance(**given: Any) -> Callable[[Step], Step]:
    """A rule that changes nothing, and is therefore not taken too often."""

    def decorate(function: Step) -> Step:
        @wraps(function)
        def glancing(machine: Acts, **drawn: Any) -> None:
            machine.steps_since_glance = 0
            function(machine, **drawn)

        return precondition(lambda machine: machine.steps_since_glance > STEPS_BETWEEN_GLANCES)(step(**given)(glancing))

    return decorate


def when(condition: Callable[[AccountModel], bool]) -> Callable[[Step], Step]:
    return precondition(lambda machine: condition(machine.model))
