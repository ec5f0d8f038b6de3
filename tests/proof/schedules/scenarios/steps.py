"""Steps of scenarios: run one task to a point, or disturb the quote."""

from __future__ import annotations

from domain.use_cases.start_quote import Started
from tests.proof.schedules.checkers.invariants import Excuse
from tests.proof.schedules.clients.quote_clients import make_applicant
from tests.proof.schedules.simulation.scheduler import Task
from tests.proof.schedules.simulation.simulation import Simulation

RETRIES = 2
"""Repeats of a client that is refused for the moment."""


def run_to_end(simulation: Simulation, task: Task) -> None:
    """Run the task to its end, and no other task."""
    while not task.is_done:
        simulation.scheduler.resume(task)


def run_until_call(simulation: Simulation, task: Task, call: str) -> None:
    """Run the task up to that call, or to its end."""
    while not task.is_done and task.next_call != call:
        simulation.scheduler.resume(task)


def pause_claimer_past_lease(simulation: Simulation, quote: Started) -> None:
    """Spawn a claimer, and pause it after its read until its lease has ended."""
    run_until_call(simulation, simulation.clients.register(quote, make_applicant(), repeats=RETRIES), "claims.add")
    end_lease(simulation, quote)


def end_lease(simulation: Simulation, quote: Started) -> None:
    ref = simulation.model.refs[quote.quote_id]
    snapshot = simulation.system.store.snapshot(ref)
    if snapshot and snapshot.frozen_by:
        simulation.system.store.end_lease(ref)
        simulation.model.excuse(quote.quote_id, Excuse.LEASE_ENDED)


def expire_draft(simulation: Simulation, quote: Started) -> None:
    simulation.system.store.end_ttl(simulation.model.refs[quote.quote_id])
    simulation.model.excuse(quote.quote_id, Excuse.EXPIRED)


def corrupt_draft(simulation: Simulation, quote: Started) -> None:
    simulation.system.store.corrupt(simulation.model.refs[quote.quote_id])
    simulation.model.excuse(quote.quote_id, Excuse.CORRUPTED)


def roll_back(simulation: Simulation, quote: Started, copies: int = 1) -> None:
    """Restore the last draft, or an older one."""
    ref = simulation.model.refs[quote.quote_id]
    drafts = [snapshot for snapshot in simulation.model.snapshots[quote.quote_id] if snapshot and snapshot.draft]
    simulation.system.store.restore(ref, drafts[-copies])
    simulation.system.store.advance_past(ref, simulation.model.newest(quote.quote_id))
    simulation.model.excuse(quote.quote_id, Excuse.ROLLED_BACK)
