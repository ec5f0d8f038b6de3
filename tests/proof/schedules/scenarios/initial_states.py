"""What a quote may have gone through before anything goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from domain.use_cases.start_quote import Started
from tests.proof.schedules.checkers.invariants import Excuse
from tests.proof.schedules.clients.quote_clients import person
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.simulation.simulation import Trial

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


def newer_is_refused(trial: Trial) -> Started:
    """Claimed by a process that died after the commit; what was saved after that is refused by the database."""
    quote = left_in_the_store(trial)
    _let_the_lease_end(trial, quote)
    with trial.undisturbed():
        trial.people.saves(quote, poison=True)
        trial.people.reconciles()
    return quote


def refused_and_saved_again(trial: Trial) -> Started:
    """No quote can be built from it, and a newer draft waits in the store."""
    quote = trial.start()
    with trial.undisturbed(lambda call: Fault.CRASH_BEFORE if call.method == "finish_claim" else Fault.NONE):
        trial.people.saves(quote, poison=True)
        trial.stage.play()
        trial.people.claims(quote, person())
    _let_the_lease_end(trial, quote)
    with trial.undisturbed():
        trial.people.saves(quote)
    return quote


BEGINNINGS: tuple[Beginning, ...] = (
    new,
    new,
    new,
    pending,
    left_in_the_store,
    claimed,
    refused_by_the_database,
    newer_is_refused,
    refused_and_saved_again,
)


def _claimed(trial: Trial, fate: Callable[[Call], Fault]) -> Started:
    quote = saved(trial)
    with trial.undisturbed(fate):
        trial.people.claims(quote, person())
    return quote


def _let_the_lease_end(trial: Trial, quote: Started) -> None:
    ref = trial.notes.refs[quote.quote_id]
    trial.site.store.end_lease(ref)
    trial.site.store.pass_time(ref, trial.notes.newest(quote.quote_id))
    trial.notes.excuse(quote.quote_id, Excuse.LEASE_ENDED)
