"""Scenarios of claims that a reconciler, an operator or a purge repairs."""

from __future__ import annotations

from tests.proof.schedules.clients.quote_clients import make_applicant
from tests.proof.schedules.scenarios.initial_states import (
    claimed,
    left_in_the_store,
    newer_is_refused,
    pending,
    refused_and_saved_again,
    saved,
)
from tests.proof.schedules.scenarios.steps import (
    RETRIES,
    corrupt_draft,
    end_lease,
    expire_draft,
    roll_back,
    run_to_end,
    run_until_call,
)
from tests.proof.schedules.simulation.simulation import Simulation

_TO_THE_LAST = 12
"""Passes after which an irreparable claim is dead and cleaned up."""


def registers_while_the_store_is_away(simulation: Simulation) -> None:
    quote = pending(simulation)
    simulation.clients.reconcile(3)
    simulation.clients.read(quote)
    simulation.scheduler.run_all()


def saves_after_a_claim_without_the_store(simulation: Simulation) -> None:
    quote = pending(simulation)
    simulation.clients.save(quote)
    simulation.scheduler.run_all()
    simulation.clients.reconcile(3)
    simulation.scheduler.run_all()


def the_store_goes_back_after_the_claim(simulation: Simulation) -> None:
    quote = claimed(simulation)
    roll_back(simulation, quote)
    simulation.clients.save(quote)
    simulation.clients.reconcile(4)
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()


def the_store_goes_back_after_the_first_pass(simulation: Simulation) -> None:
    quote = claimed(simulation)
    with simulation.running_to_end():
        simulation.clients.reconcile()
    roll_back(simulation, quote)
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def registers_again_while_a_pending_draft_ends(simulation: Simulation) -> None:
    quote = pending(simulation)
    run_until_call(simulation, simulation.clients.register(quote, make_applicant(), repeats=RETRIES), "claims.add")
    expire_draft(simulation, quote)
    simulation.scheduler.run_all()
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def the_database_refuses_the_quote(simulation: Simulation) -> None:
    quote = simulation.start_quote()
    with simulation.running_to_end():
        simulation.clients.save(quote, poison=True)
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()
    simulation.clients.retry(quote, repaired=True)
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def an_operator_repairs_what_was_saved_again(simulation: Simulation) -> None:
    quote = refused_and_saved_again(simulation)
    simulation.clients.retry(quote, repaired=True)
    simulation.clients.reconcile(3)
    simulation.scheduler.run_all()


def the_record_is_damaged(simulation: Simulation) -> None:
    quote = saved(simulation)
    corrupt_draft(simulation, quote)
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()
    simulation.clients.reconcile(2)
    simulation.clients.give_up(quote)
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def what_nobody_has_repaired_is_deleted(simulation: Simulation) -> None:
    quote = newer_is_refused(simulation)
    with simulation.running_to_end():
        simulation.clients.reconcile(_TO_THE_LAST)
    simulation.clients.purge(when_due=False)
    simulation.clients.purge()
    simulation.clients.retry(quote)
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def the_draft_ends_before_it_is_fetched(simulation: Simulation) -> None:
    quote = pending(simulation)
    expire_draft(simulation, quote)
    simulation.clients.reconcile(2)
    simulation.clients.retry(quote)
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def a_reconciler_is_overtaken(simulation: Simulation) -> None:
    quote = pending(simulation)
    slow = simulation.clients.reconcile()
    run_until_call(simulation, slow, "quotes.begin_claim")
    run_to_end(simulation, simulation.clients.reconcile())
    simulation.clients.read(quote)
    simulation.scheduler.run_all()


def an_operator_retries_while_a_reconciler_gives_up(simulation: Simulation) -> None:
    quote = pending(simulation)
    expire_draft(simulation, quote)
    slow = simulation.clients.reconcile()
    run_until_call(simulation, slow, "quotes.finish_claim")
    run_to_end(simulation, simulation.clients.retry(quote))
    simulation.scheduler.run_all()
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def a_reconciler_takes_over_what_is_older_by_then(simulation: Simulation) -> None:
    quote = left_in_the_store(simulation)
    end_lease(simulation, quote)
    run_to_end(simulation, simulation.clients.save(quote))
    slow = simulation.clients.reconcile()
    run_until_call(simulation, slow, "claims.take_newer")
    run_to_end(simulation, simulation.clients.save(quote))
    run_to_end(simulation, simulation.clients.register(quote, make_applicant(), repeats=RETRIES))
    simulation.scheduler.run_all()


def another_record_that_cannot_be_read_takes_the_place_of_the_first(simulation: Simulation) -> None:
    quote = saved(simulation)
    corrupt_draft(simulation, quote)
    claimer = simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    run_until_call(simulation, claimer, "quotes.finish_claim")
    corrupt_draft(simulation, quote)
    simulation.scheduler.run_all()
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()
