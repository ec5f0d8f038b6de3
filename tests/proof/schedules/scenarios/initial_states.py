"""Initial states: the history of a quote before the first fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from domain.use_cases.start_quote import Started
from tests.proof.schedules.checkers.invariants import Excuse
from tests.proof.schedules.clients.quote_clients import make_applicant
from tests.proof.schedules.faults.port_calls import Call, Fault
from tests.proof.schedules.simulation.simulation import Simulation

InitialState: TypeAlias = Callable[[Simulation], Started]


def new(simulation: Simulation) -> Started:
    return simulation.start_quote()


def saved(simulation: Simulation) -> Started:
    """Saved once."""
    quote = simulation.start_quote()
    with simulation.running_to_end():
        simulation.clients.save(quote)
    return quote


def claimed(simulation: Simulation) -> Started:
    """Claimed and cleaned up."""
    return _claimed(simulation, lambda call: Fault.NONE)


def pending(simulation: Simulation) -> Started:
    """Claimed while the store was unreachable."""
    return _claimed(simulation, lambda call: Fault.REFUSED if call.port == "quotes" else Fault.NONE)


def left_in_the_store(simulation: Simulation) -> Started:
    """Claimed by a process that died after the commit."""
    return _claimed(simulation, lambda call: Fault.CRASH_BEFORE if call.method == "finish_claim" else Fault.NONE)


def refused_by_the_database(simulation: Simulation) -> Started:
    """Claimed, but the database refuses its quote."""
    quote = simulation.start_quote()
    with simulation.running_to_end():
        simulation.clients.save(quote, poison=True)
        simulation.clients.register(quote, make_applicant())
    return quote


def newer_is_refused(simulation: Simulation) -> Started:
    """Claimed by a process that died after the commit; the database refuses the later save."""
    quote = left_in_the_store(simulation)
    _let_the_lease_end(simulation, quote)
    with simulation.running_to_end():
        simulation.clients.save(quote, poison=True)
        simulation.clients.reconcile()
    return quote


def refused_and_saved_again(simulation: Simulation) -> Started:
    """Claimed, but the database refuses its quote; a newer draft is in the store."""
    quote = simulation.start_quote()
    with simulation.running_to_end(lambda call: Fault.CRASH_BEFORE if call.method == "finish_claim" else Fault.NONE):
        simulation.clients.save(quote, poison=True)
        simulation.scheduler.run_all()
        simulation.clients.register(quote, make_applicant())
    _let_the_lease_end(simulation, quote)
    with simulation.running_to_end():
        simulation.clients.save(quote)
    return quote


INITIAL_STATES: tuple[InitialState, ...] = (
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


def _claimed(simulation: Simulation, fault_for: Callable[[Call], Fault]) -> Started:
    quote = saved(simulation)
    with simulation.running_to_end(fault_for):
        simulation.clients.register(quote, make_applicant())
    return quote


def _let_the_lease_end(simulation: Simulation, quote: Started) -> None:
    ref = simulation.model.refs[quote.quote_id]
    simulation.system.store.end_lease(ref)
    simulation.system.store.advance_past(ref, simulation.model.newest(quote.quote_id))
    simulation.model.excuse(quote.quote_id, Excuse.LEASE_ENDED)
