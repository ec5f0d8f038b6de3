"""Scenarios of visitors: save, discard, register; refused clients repeat."""

from __future__ import annotations

from datetime import timedelta

from tests.proof.schedules.clients.quote_clients import EMAILS, PASSWORDS, make_applicant
from tests.proof.schedules.faults.port_calls import STORE, Fault
from tests.proof.schedules.scenarios.initial_states import claimed, pending, saved
from tests.proof.schedules.scenarios.steps import (
    RETRIES,
    pause_claimer_past_lease,
    roll_back,
    run_to_end,
    run_until_call,
)
from tests.proof.schedules.simulation.simulation import Simulation


def saves(simulation: Simulation) -> None:
    quote = simulation.start_quote()
    simulation.clients.save(quote, 2)
    simulation.clients.merge(quote)
    simulation.clients.read(quote)
    simulation.scheduler.run_all()


def merges_while_somebody_saves(simulation: Simulation) -> None:
    quote = simulation.start_quote()
    run_until_call(simulation, simulation.clients.merge(quote), "quotes.save")
    run_to_end(simulation, simulation.clients.save(quote))
    simulation.scheduler.run_all()


def discards(simulation: Simulation) -> None:
    quote = saved(simulation)
    simulation.clients.discard(quote, repeats=1)
    simulation.clients.save(quote)
    simulation.scheduler.run_all()


def registers(simulation: Simulation) -> None:
    quote = saved(simulation)
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()
    simulation.clients.reconcile(3)
    simulation.scheduler.run_all()


def registers_again(simulation: Simulation) -> None:
    quote = claimed(simulation)
    for applicant in (make_applicant(), make_applicant(password=PASSWORDS[1]), make_applicant(EMAILS[1])):
        simulation.clients.register(quote, applicant, repeats=RETRIES)
    simulation.scheduler.run_all()


def registers_with_an_email_that_is_taken(simulation: Simulation) -> None:
    claimed(simulation)
    quote = saved(simulation)
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()
    simulation.clients.register(quote, make_applicant(EMAILS[1]), repeats=RETRIES)
    simulation.scheduler.run_all()


def registers_while_the_store_takes_no_writes(simulation: Simulation) -> None:
    quote = saved(simulation)
    simulation.default_fault_for = lambda call: Fault.READ_ONLY if call.port in STORE and call.is_write else Fault.NONE
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()
    simulation.clients.reconcile()
    simulation.scheduler.run_all()


def registers_when_little_time_is_left(simulation: Simulation) -> None:
    quote = saved(simulation)
    simulation.system.store.shorten_ttl(simulation.model.refs[quote.quote_id], timedelta(minutes=1))
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()


def two_register(simulation: Simulation) -> None:
    quote = saved(simulation)
    pause_claimer_past_lease(simulation, quote)
    run_to_end(simulation, simulation.clients.register(quote, make_applicant(EMAILS[1]), repeats=RETRIES))
    simulation.scheduler.run_all()


def saves_while_a_claimer_is_paused(simulation: Simulation) -> None:
    quote = saved(simulation)
    pause_claimer_past_lease(simulation, quote)
    run_to_end(simulation, simulation.clients.save(quote))
    simulation.scheduler.run_all()
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def discards_while_a_claimer_is_paused(simulation: Simulation) -> None:
    quote = saved(simulation)
    pause_claimer_past_lease(simulation, quote)
    run_to_end(simulation, simulation.clients.discard(quote))
    simulation.scheduler.run_all()


def saves_and_discards_what_is_being_claimed(simulation: Simulation) -> None:
    quote = saved(simulation)
    claimer = simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    run_until_call(simulation, claimer, "claims.add")
    run_to_end(simulation, simulation.clients.save(quote))
    run_to_end(simulation, simulation.clients.discard(quote))
    simulation.scheduler.run_all()


def discards_while_the_commit_is_on_its_way(simulation: Simulation) -> None:
    quote = saved(simulation)
    claimer = simulation.clients.register(quote, make_applicant())
    with simulation.with_faults(lambda call: Fault.LATE if call.method == "add" else Fault.NONE):
        run_to_end(simulation, claimer)
    run_to_end(simulation, simulation.clients.discard(quote))
    simulation.scheduler.run_all()
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()


def discards_what_is_pending(simulation: Simulation) -> None:
    quote = pending(simulation)
    simulation.clients.discard(quote)
    simulation.clients.reconcile(2)
    simulation.scheduler.run_all()


def comes_back_when_the_tombstone_has_ended(simulation: Simulation) -> None:
    quote = claimed(simulation)
    simulation.system.store.end_ttl(simulation.model.refs[quote.quote_id])
    simulation.clients.read(quote)
    simulation.clients.save(quote)
    simulation.clients.discard(quote)
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()


def the_store_loses_a_save(simulation: Simulation) -> None:
    quote = saved(simulation)
    with simulation.running_to_end():
        simulation.clients.save(quote)
    roll_back(simulation, quote, copies=2)
    simulation.clients.save(quote)
    simulation.clients.register(quote, make_applicant(), repeats=RETRIES)
    simulation.scheduler.run_all()
