"""What a quote may have gone through before anything goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from domain.use_cases.start_quote import Started
from tests.proof.schedules.calls import Call, Fault
from tests.proof.schedules.people import person
from tests.proof.schedules.trial import Trial

Beginning: TypeAlias = Callable[[Trial], Started]


def new(trial: Trial) -> Started:
    return trial.start()


def saved(trial: Trial) -> Started:
    """Once."""
    quote = trial.start()
    with trial.undisturbed():
        trial.people.saves(quote)
    return quote


def claimed(trial: Trial) -> Started:
    """And cleaned up after."""
    return _claimed(trial, lambda call: Fault.NONE)


def pending(trial: Trial) -> Started:
    """Claimed while the store was away."""
    return _claimed(trial, lambda call: Fault.REFUSED if call.port == "quotes" else Fault.NONE)


def left_in_the_store(trial: Trial) -> Started:
    """Claimed, by a process that died after the commit."""
    return _claimed(trial, lambda call: Fault.CRASH_BEFORE if call.method == "finish_claim" else Fault.NONE)


def refused_by_the_database(trial: Trial) -> Started:
    """Claimed, but no quote can be built from it."""
    quote = trial.start()
    with trial.undisturbed():
        trial.people.saves(quote, poison=True)
        trial.people.claims(quote, person())
    return quote


BEGINNINGS: tuple[Beginning, ...] = (new, new, new, pending, left_in_the_store, claimed, refused_by_the_database)


def _claimed(trial: Trial, fate: Callable[[Call], Fault]) -> Started:
    quote = saved(trial)
    with trial.undisturbed(fate):
        trial.people.claims(quote, person())
    return quote
